"""Tables: requests from outside with the two opinions, proposals to use outside data, services known outside."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from nganam.agencies.models import Agency
from nganam.cases.models import Case
from nganam.kernel.machine import Machine
from nganam.sharing.outside.workflow import INBOUND, OUTBOUND


class Form(models.TextChoices):
    """How the data are shared: by default (a service, a term) or specially (an agreement)."""

    DEFAULT = "default", _("Mặc định")
    SPECIAL = "special", _("Đặc thù")


class Channel(models.TextChoices):
    """How a request crosses the border of the province (S17.1, D35.1)."""

    NATIONAL = "national", _("Cổng dữ liệu quốc gia")
    DOCUMENT = "document", _("Văn bản")


class Route(models.TextChoices):
    """By what the two sides are connected, the first that serves (S17.4, D46)."""

    NDXP = "ndxp", _("LGSP – nền tảng tích hợp, chia sẻ dữ liệu quốc gia (NDXP)")
    NDOP = "ndop", _("LGSP – nền tảng chia sẻ, điều phối dữ liệu (NDOP)")
    DIRECT = "direct", _("Kết nối trực tiếp (khi trung gian chưa sẵn sàng hoặc không đáp ứng)")


class Asked(models.Model):
    """What D35.2 wants a request to say, besides who asks."""

    purpose = models.TextField(_("Mục đích khai thác"))
    solution = models.TextField(_("Giải pháp sử dụng dữ liệu"))
    fields = models.JSONField(_("Mục tin yêu cầu"), default=list)
    frequency = models.CharField(_("Tần suất khai thác"), max_length=200)
    other = models.TextField(_("Thông tin khác"), blank=True)
    form = models.CharField(_("Hình thức chia sẻ"), max_length=10, choices=Form.choices, default=Form.DEFAULT)
    route = models.CharField(_("Đường kết nối"), max_length=10, choices=Route.choices, blank=True)
    finding = models.TextField(_("Xác định trung gian chưa sẵn sàng hoặc không đáp ứng"), blank=True)

    class Meta:
        """Carries no table."""

        abstract = True


class Inbound(Asked, Case):
    """A request of an outside agency for data of the province (SM3 A), registered by the lead agency."""

    MACHINE: ClassVar[Machine] = INBOUND
    CODE_PREFIX: ClassVar[str] = "DT"

    requester = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="inbound_requests", verbose_name=_("Cơ quan ngoài tỉnh")
    )
    provider = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="inbound_asked", verbose_name=_("Cơ quan chủ quản")
    )
    service = models.ForeignKey(
        "services.Service", models.PROTECT, null=True, blank=True, related_name="inbound_requests",
        verbose_name=_("Dịch vụ"),
    )  # fmt: skip
    channel = models.CharField(_("Nhận qua"), max_length=10, choices=Channel.choices)
    document_number = models.CharField(_("Số, ký hiệu văn bản hoặc mã hồ sơ"), max_length=60)
    document_on = models.DateField(_("Ngày văn bản"))
    scan = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Bản quét")
    )
    application_code = models.CharField(_("Mã ứng dụng"), max_length=20)
    application_name = models.CharField(_("Tên ứng dụng"), max_length=200)
    representative = models.CharField(_("Người đại diện, chức vụ"), max_length=200, blank=True)
    submission_number = models.CharField(_("Số tờ trình"), max_length=60, blank=True)
    submission_on = models.DateField(_("Ngày tờ trình"), null=True, blank=True)
    decision_number = models.CharField(_("Số văn bản quyết định"), max_length=60, blank=True)
    decision_on = models.DateField(_("Ngày quyết định"), null=True, blank=True)
    refusal_reason = models.TextField(_("Lý do từ chối"), blank=True)
    legal_basis = models.TextField(_("Căn cứ pháp lý của việc từ chối"), blank=True)
    request = models.OneToOneField(
        "sharing.Request", models.PROTECT, null=True, blank=True, related_name="inbound", verbose_name=_("Yêu cầu")
    )

    class Meta:
        """Newest first."""

        verbose_name = _("Yêu cầu của cơ quan ngoài tỉnh")
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "provider"], name="sharing_inbound_state"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.subject}"

    def get_absolute_url(self) -> str:
        """Return the officers' page of the case."""
        return f"/ngoai-tinh/den/{self.code}/"

    @property
    def consumer(self) -> Agency:
        """The outside agency that asks."""
        return self.requester

    @property
    def subject(self) -> str:
        """What is asked for in a few words: the service, else the purpose."""
        return self.service.name if self.service else self.purpose[:120]


class Opinion(models.Model):
    """The opinion of the owner or of the lead agency on an inbound request; given once, never changed (S17.3)."""

    class Side(models.TextChoices):
        """Whose opinion it is."""

        OWNER = "owner", _("Cơ quan chủ quản")
        LEAD = "lead", _("Cơ quan đầu mối")

    inbound = models.ForeignKey(Inbound, models.CASCADE, related_name="opinions")
    side = models.CharField(_("Bên cho ý kiến"), max_length=6, choices=Side.choices)
    agrees = models.BooleanField(_("Đồng ý"))
    reason = models.TextField(_("Lý do, nội dung"), blank=True)
    legal_basis = models.TextField(_("Căn cứ pháp lý"), blank=True)
    agency = models.CharField(_("Cơ quan"), max_length=40)
    by = models.CharField(_("Mã người cho ý kiến"), max_length=150)
    by_name = models.CharField(_("Người cho ý kiến"), max_length=200)
    at = models.DateTimeField(_("Lúc"))

    class Meta:
        """One opinion of each side."""

        verbose_name = _("Ý kiến")
        ordering: ClassVar[list[str]] = ["at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["inbound", "side"], name="sharing_opinion_of_side_once")
        ]

    def __str__(self) -> str:
        return f"{self.inbound_id} {self.side} {self.agrees}"


class ExternalService(models.Model):
    """A service of an outside agency that the lead agency tells the province of (S9.2, S14.4). Removed, never lost."""

    code = models.CharField(_("Mã"), max_length=20, unique=True)
    name = models.CharField(_("Tên dịch vụ"), max_length=300)
    provider = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="external_services", verbose_name=_("Cơ quan cung cấp")
    )
    purpose = models.TextField(_("Mục đích, nội dung dữ liệu"))
    how_to_ask = models.TextField(_("Cách đề nghị khai thác"))
    address = models.URLField(_("Địa chỉ tài liệu"), blank=True)
    form = models.CharField(_("Hình thức chia sẻ"), max_length=10, choices=Form.choices, default=Form.DEFAULT)
    listed_at = models.DateTimeField(_("Đưa vào danh sách lúc"))
    updated_at = models.DateTimeField(_("Cập nhật lúc"))
    removed_at = models.DateTimeField(_("Đưa khỏi danh sách lúc"), null=True, blank=True)
    removal_reason = models.TextField(_("Lý do đưa khỏi danh sách"), blank=True)
    folded = models.TextField(_("Dạng tìm kiếm"), blank=True, editable=False)

    class Meta:
        """By provider and name."""

        verbose_name = _("Dịch vụ ngoài tỉnh")
        ordering: ClassVar[list[str]] = ["provider__code", "name", "pk"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Outbound(Asked, Case):
    """A proposal of a unit of the province to use data of an outside agency (SM3 B)."""

    MACHINE: ClassVar[Machine] = OUTBOUND
    CODE_PREFIX: ClassVar[str] = "NT"

    proposer = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="outbound_requests", verbose_name=_("Đơn vị đề xuất")
    )
    application = models.ForeignKey(
        "sharing.Application", models.PROTECT, null=True, blank=True, related_name="outbound_requests",
        verbose_name=_("Ứng dụng"),
    )  # fmt: skip
    provider = models.ForeignKey(
        "agencies.Agency", models.PROTECT, null=True, blank=True, related_name="outbound_asked",
        verbose_name=_("Cơ quan cung cấp ngoài tỉnh"),
    )  # fmt: skip
    provider_name = models.CharField(_("Tên cơ quan cung cấp"), max_length=200, blank=True)
    service_name = models.CharField(_("Mã và tên dịch vụ, dữ liệu cần khai thác"), max_length=300)
    basis = models.TextField(_("Căn cứ pháp lý của nhu cầu"), blank=True)
    external = models.ForeignKey(
        ExternalService, models.PROTECT, null=True, blank=True, related_name="outbound_requests",
        verbose_name=_("Dịch vụ trong danh sách"),
    )  # fmt: skip
    review = models.JSONField(_("Kết quả rà soát"), default=dict, blank=True)
    channel = models.CharField(_("Gửi qua"), max_length=10, choices=Channel.choices, blank=True)
    sent_number = models.CharField(_("Số văn bản hoặc mã hồ sơ gửi đi"), max_length=60, blank=True)
    sent_on = models.DateField(_("Ngày gửi"), null=True, blank=True)
    answer_number = models.CharField(_("Số văn bản trả lời"), max_length=60, blank=True)
    answer_on = models.DateField(_("Ngày trả lời"), null=True, blank=True)
    account_reference = models.CharField(_("Mã tài khoản được cấp"), max_length=200, blank=True)
    refusal_reason = models.TextField(_("Lý do bị từ chối"), blank=True)
    legal_basis = models.TextField(_("Căn cứ pháp lý bên cung cấp nêu"), blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Đề xuất khai thác dữ liệu ngoài tỉnh")
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "proposer"], name="sharing_outbound_state"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.service_name}"

    def get_absolute_url(self) -> str:
        """Return the officers' page of the case."""
        return f"/ngoai-tinh/di/{self.code}/"

    @property
    def consumer(self) -> Agency:
        """The unit of the province that asks."""
        return self.proposer

    @property
    def asked_of(self) -> str:
        """The name of the outside agency, from the register or as the proposer wrote it."""
        return self.provider.name if self.provider else self.provider_name
