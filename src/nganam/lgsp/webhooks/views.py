"""Officers' page of an account's webhook: where it is told, what was sent, what could not be."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.kernel.actors import Role
from nganam.lgsp.models import Delivery, Webhook
from nganam.lgsp.webhooks import operations, queries
from nganam.lgsp.webhooks.forms import WebhookForm
from nganam.sharing.accounts import policies as sharing
from nganam.sharing.accounts.models import OVER, Account
from nganam.sharing.accounts.queries import get_account_for

OFFICERS = (Role.FOCAL, Role.LEAD)
PER_PAGE = 30


@never_cache
@door(Audience.OFFICER, roles=OFFICERS)
def webhook(request: HttpRequest, code: str) -> HttpResponse:
    """Show where an account is told of new data and what was sent; subscribe."""
    account = get_account_for(request.actor, code)
    form = WebhookForm(request.POST or None)
    secret = ""
    if request.method == "POST" and form.is_valid():
        url = form.cleaned_data["url"]
        made = attempt(form, lambda: operations.subscribe(account, actor=request.actor, at=request.at, url=url))
        if made:
            secret, form = made[1], WebhookForm()
    return _page(request, account, form, secret)


def _page(request: HttpRequest, account: Account, form: WebhookForm, secret: str) -> HttpResponse:
    found = Webhook.objects.filter(account=account).first()
    rows = found.deliveries.all() if found else Delivery.objects.none()
    context = {
        "account": account, "webhook": found, "form": form, "secret": secret,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("trang")),
        "may_change": account.state not in OVER and not sharing.may_hold_credentials(request.actor, account),
    }  # fmt: skip
    return render(request, "lgsp/webhook.html", context, status=422 if form.errors else 200)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def stop(request: HttpRequest, code: str) -> HttpResponse:
    """Tell the account no more."""
    found = queries.get_webhook_for(request.actor, code)
    return press(
        request, lambda: operations.stop(found, actor=request.actor, at=request.at), to=_address(code),
        done=_("Đã ngừng nhận thông báo."),
    )  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def try_out(request: HttpRequest, code: str) -> HttpResponse:
    """Send a test message."""
    found = queries.get_webhook_for(request.actor, code)
    return press(
        request, lambda: operations.try_out(found, actor=request.actor, at=request.at), to=_address(code),
        done=_("Đã xếp một thông báo thử; kết quả hiện ở bảng dưới trong vòng một phút."),
    )  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def send_again(request: HttpRequest, code: str, message: str) -> HttpResponse:
    """Send a dead message again."""
    row = queries.get_delivery_for(request.actor, code, message)
    return press(
        request, lambda: operations.send_again(row, actor=request.actor, at=request.at), to=_address(code),
        done=_("Đã xếp gửi lại."),
    )  # fmt: skip


def _address(code: str) -> str:
    return f"/tai-khoan-ket-noi/{code}/thong-bao/"
