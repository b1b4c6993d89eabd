"""Every read of webhooks for officers."""

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotFound
from nganam.lgsp.models import Delivery, Webhook
from nganam.lgsp.queries import plain
from nganam.sharing.accounts.queries import get_account_for


def get_webhook_for(actor: Actor, code: str) -> Webhook:
    """Return the webhook of an account the officer is party to; what is not theirs is not found."""
    found = Webhook.objects.select_related("account").filter(account=get_account_for(actor, code)).first()
    if found is None:
        raise NotFound(_("Tài khoản chưa đăng ký nhận thông báo."))
    return found


def get_delivery_for(actor: Actor, code: str, message: str) -> Delivery:
    """Return a message of that webhook."""
    rows = get_webhook_for(actor, code).deliveries.select_related("webhook__account")
    found = rows.filter(message_id=plain(message, 80)).first()
    if found is None:
        raise NotFound(_("Không có thông báo này."))
    return found
