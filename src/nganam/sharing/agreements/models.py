"""Tables: agreements, their numbered versions with consents and signatures, parties, joinings, what follows an end."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from nganam.agencies.models import Agency
from nganam.cases.models import Case
from nganam.kernel.machine import Machine
from nganam.services.models import Service
from nganam.sharing.agreements.workflow import AGREEMENT, JOINING


class Agreement(Case):
    """An agreement on special data (SM2). ``in_force`` is the version in force; what was asked stands here."""

    MACHINE: ClassVar[Machine] = AGREEMENT
    CODE_PREFIX: ClassVar[str] = "TN"

    consumer = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="agreements_asked", verbose_name=_("Cơ quan yêu cầu")
    )
    provider = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="agreements_answered", verbose_name=_("Cơ quan cung cấp")
    )
    application = models.ForeignKey(
        "sharing.Application", models.PROTECT, related_name="agreements", verbose_name=_("Ứng dụng")
    )
    service = models.ForeignKey(
        "services.Service", models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name=_("Dịch vụ")
    )
    database = models.ForeignKey(
        "catalogue.SharedDatabase", models.PROTECT, null=True, blank=True, related_name="agreements",
        verbose_name=_("Cơ sở dữ liệu"),
    )  # fmt: skip
    item = models.CharField(_("Hạng mục dữ liệu"), max_length=200, blank=True)
    request = models.OneToOneField(
        "sharing.Request", models.PROTECT, null=True, blank=True, related_name="agreement",
        verbose_name=_("Yêu cầu mặc định đã chuyển"),
    )  # fmt: skip
    inbound = models.ForeignKey(
        "sharing.Inbound", models.PROTECT, null=True, blank=True, related_name="agreements",
        verbose_name=_("Yêu cầu ngoài tỉnh"),
    )  # fmt: skip
    representative = models.CharField(_("Người đại diện của cơ quan ngoài tỉnh"), max_length=200, blank=True)
    wanted = models.TextField(_("Dữ liệu đề nghị chia sẻ"))
    fields = models.JSONField(_("Mục tin đề nghị"), default=list, blank=True)
    purpose = models.TextField(_("Mục đích khai thác"))
    purpose_codes = models.JSONField(_("Mã mục đích"), default=list, blank=True)
    solution = models.TextField(_("Giải pháp sử dụng dữ liệu"), blank=True)
    frequency = models.CharField(_("Tần suất khai thác"), max_length=200, blank=True)
    why = models.TextField(_("Vì sao chia sẻ mặc định không đáp ứng"), blank=True)
    review = models.JSONField(_("Kết quả rà soát"), default=dict, blank=True)
    default_service = models.ForeignKey(
        "services.Service", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("Dịch vụ mặc định đáp ứng được"),
    )  # fmt: skip
    in_force = models.ForeignKey(
        "sharing.AgreementVersion", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("Bản đang có hiệu lực"),
    )  # fmt: skip
    effective_on = models.DateField(_("Có hiệu lực từ ngày"), null=True, blank=True)
    valid_until = models.DateField(_("Có hiệu lực đến trước ngày"), null=True, blank=True)
    ended_on = models.DateField(_("Hết hiệu lực, chấm dứt ngày"), null=True, blank=True)

    looked_at: "list[AgreementVersion] | None" = None
    """The versions a page has read (``queries.look_at``)."""
    accounts_read: "list[Any] | None" = None
    """The accounts a page has read."""

    class Meta:
        """Newest first."""

        verbose_name = _("Thỏa thuận chia sẻ dữ liệu đặc thù")
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "provider"])]

    def __str__(self) -> str:
        return f"{self.code} {self.about}"

    def get_absolute_url(self) -> str:
        """Return the page of the agreement."""
        return f"/thoa-thuan/{self.code}/"

    @property
    def about(self) -> str:
        """What is shared, in a few words: the service, or the item of a database, or what was written."""
        return str(self.service.name if self.service else self.item or self.wanted)[:200]


class AgreementVersion(models.Model):
    """A numbered text of an agreement: content and digest never change after it was saved.

    One set aside (sent back, dropped) can no longer be agreed to or signed.
    """

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("Bản số"))
    content = models.JSONField(_("Nội dung"))
    parties = models.JSONField(_("Các bên"))
    digest = models.CharField(_("Mã băm SHA-256"), max_length=64)
    note = models.TextField(_("Ghi chú của bên soạn"), blank=True)
    agency = models.CharField(_("Bên soạn"), max_length=40)
    author_code = models.CharField(_("Mã người soạn"), max_length=150)
    author_name = models.CharField(_("Người soạn"), max_length=200)
    created_at = models.DateTimeField(_("Soạn lúc"))
    signed_at = models.DateTimeField(_("Ký xong lúc"), null=True, blank=True)
    paper = models.ForeignKey(
        "documents.Paper", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Văn bản để ký")
    )
    set_aside_at = models.DateTimeField(_("Gác lại lúc"), null=True, blank=True)
    in_force_from = models.DateField(_("Có hiệu lực từ ngày"), null=True, blank=True)
    in_force_until = models.DateField(_("Hết hiệu lực trước ngày"), null=True, blank=True)

    class Meta:
        """First to last; a number once."""

        verbose_name = _("Bản thỏa thuận")
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agreement", "number"], name="sharing_agreement_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} v{self.number}"


class AgreementConsent(models.Model):
    """A party's agreement to one version; saving a version is consent of the side that saved it."""

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="consents")
    agency = models.CharField(_("Bên"), max_length=40)
    person_code = models.CharField(max_length=150)
    person_name = models.CharField(_("Người đồng ý"), max_length=200)
    at = models.DateTimeField(_("Lúc"))

    class Meta:
        """A party agrees to a version once."""

        verbose_name = _("Đồng ý")
        ordering: ClassVar[list[str]] = ["at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "agency"], name="sharing_agreement_consent_once")
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.agency}"


class AgreementSignature(models.Model):
    """A party's signature under one version: a deed on the platform that names its digest, or a signed PDF."""

    class Method(models.TextChoices):
        """How it was signed (D36: in writing, by e-document or on a supporting system)."""

        RECORD = "record", _("Xác nhận trên hệ thống")
        PDF = "pdf", _("Tệp PDF có chữ ký số")

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="signatures")
    agency = models.CharField(_("Bên"), max_length=40)
    method = models.CharField(_("Cách ký"), max_length=10, choices=Method.choices)
    signer = models.CharField(_("Người ký"), max_length=200)
    position = models.CharField(_("Chức vụ"), max_length=200)
    digest = models.CharField(_("Mã băm đã ký"), max_length=64)
    file = models.ForeignKey("documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+")
    report = models.JSONField(_("Kết quả kiểm tra chữ ký"), null=True, blank=True)
    recorded_by = models.CharField(max_length=150)
    recorded_name = models.CharField(_("Người ghi nhận"), max_length=200)
    at = models.DateTimeField(_("Lúc"))

    class Meta:
        """A party signs a version once."""

        verbose_name = _("Chữ ký")
        ordering: ClassVar[list[str]] = ["at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "agency"], name="sharing_agreement_signature_once")
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.agency}"


class Joining(Case):
    """A third agency asks to take part in an agreement in force (D36.4)."""

    MACHINE: ClassVar[Machine] = JOINING
    CODE_PREFIX: ClassVar[str] = "TG"

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="joinings", verbose_name=_("Thỏa thuận"))
    agency = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="+", verbose_name=_("Cơ quan đề nghị"))
    application = models.ForeignKey("sharing.Application", models.PROTECT, related_name="+", verbose_name=_("Ứng dụng"))
    purpose = models.TextField(_("Mục đích khai thác"))

    class Meta:
        """Newest first; an agency asks once at a time."""

        verbose_name = _("Đề nghị tham gia thỏa thuận")
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["agreement", "agency"], condition=models.Q(state__in=["asked", "accepted"]),
                name="sharing_joining_open_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} {self.agreement.about}"

    def get_absolute_url(self) -> str:
        """Return the page of the request to join."""
        return f"/thoa-thuan/tham-gia/{self.code}/"

    @property
    def consumer(self) -> Agency:
        """The agency that asks."""
        return self.agency

    @property
    def provider(self) -> Agency:
        """The agency that answers."""
        return self.agreement.provider

    @property
    def service(self) -> Service | None:
        """The service the agreement is about, if there is one."""
        return self.agreement.service


class AgreementParty(models.Model):
    """A party: the two sides from the beginning, others from their joining on (D38.1)."""

    class Side(models.TextChoices):
        """What the party does under the agreement."""

        PROVIDER = "provider", _("Bên cung cấp")
        CONSUMER = "consumer", _("Bên khai thác")

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="parties")
    agency = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="+", verbose_name=_("Cơ quan"))
    side = models.CharField(_("Vai trò"), max_length=10, choices=Side.choices)
    application = models.ForeignKey("sharing.Application", models.PROTECT, null=True, blank=True, related_name="+")
    joining = models.OneToOneField(Joining, models.PROTECT, null=True, blank=True, related_name="party")
    since = models.DateField(_("Là bên từ ngày"), null=True, blank=True)
    left_on = models.DateField(_("Rút khỏi thỏa thuận ngày"), null=True, blank=True)
    deletion_confirmed_at = models.DateTimeField(_("Xác nhận đã xóa, hủy lúc"), null=True, blank=True)

    class Meta:
        """In the order they came; an agency once at a time."""

        verbose_name = _("Bên của thỏa thuận")
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["agreement", "agency"], condition=models.Q(left_on__isnull=True),
                name="sharing_agreement_party_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.agency_id}"

    @property
    def is_joining(self) -> bool:
        """Say whether the party comes by an amendment that is not in force yet."""
        return self.joining_id is not None and self.since is None

    @property
    def must_delete(self) -> bool:
        """Say whether the party left and it is not confirmed yet that it deleted what it received."""
        return self.left_on is not None and self.deletion_confirmed_at is None


class AgreementReader(models.Model):
    """An authority the agreement was sent to on its request (D36): it may read from then on."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="readers")
    agency = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="+", verbose_name=_("Cơ quan"))
    basis = models.TextField(_("Văn bản yêu cầu, căn cứ"))
    sent_by = models.CharField(_("Người gửi"), max_length=200)
    at = models.DateTimeField(_("Gửi lúc"))

    class Meta:
        """In order of sending; an agency once."""

        verbose_name = _("Cơ quan được xem thỏa thuận")
        ordering: ClassVar[list[str]] = ["at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agreement", "agency"], name="sharing_agreement_reader_once")
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.agency_id}"


class DeletionReport(models.Model):
    """What an exploiting party says of deleting or destroying the data after the end (D38.11), with its evidence.

    ``accepted_at`` is set for a party that left alone; at the end of the agreement all are confirmed together.
    """

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="deletions")
    agency = models.CharField(_("Bên khai thác"), max_length=40)
    deleted_on = models.DateField(_("Ngày xóa, hủy"))
    text = models.TextField(_("Đã xóa, hủy những gì, bằng cách nào, ai chứng kiến"))
    file = models.ForeignKey("documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+")
    reported_by = models.CharField(_("Người báo"), max_length=200)
    at = models.DateTimeField(_("Báo lúc"))
    returned_at = models.DateTimeField(_("Trả lại lúc"), null=True, blank=True)
    returned_why = models.TextField(_("Lý do trả lại"), blank=True)
    accepted_at = models.DateTimeField(_("Chấp nhận lúc"), null=True, blank=True)

    class Meta:
        """In order of time; one report of a party waits at a time."""

        verbose_name = _("Báo cáo xóa, hủy dữ liệu")
        ordering: ClassVar[list[str]] = ["at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["agreement", "agency"],
                condition=models.Q(returned_at__isnull=True, accepted_at__isnull=True),
                name="sharing_deletion_report_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.agency}"


class DefaultReview(models.Model):
    """The recorded outcome of one six-monthly review: stay special, or propose for the default list (D34.2)."""

    class Outcome(models.TextChoices):
        """What the review says."""

        KEEP = "keep", _("Giữ chia sẻ đặc thù")
        CONVERT = "convert", _("Đề nghị chuyển sang chia sẻ mặc định")

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="default_reviews")
    outcome = models.CharField(_("Kết quả"), max_length=10, choices=Outcome.choices)
    reason = models.TextField(_("Lý do"))
    agency = models.CharField(_("Cơ quan"), max_length=40)
    person_name = models.CharField(_("Người ghi"), max_length=200)
    at = models.DateTimeField(_("Lúc"))

    class Meta:
        """Latest first."""

        verbose_name = _("Lần xét chuyển mặc định")
        ordering: ClassVar[list[str]] = ["-at"]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.at:%d/%m/%Y} {self.outcome}"
