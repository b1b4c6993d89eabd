"""People who sign in. What a person may do comes from postings (``nganam.agencies``), never from the account itself."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PersonManager(BaseUserManager["Person"]):
    """Makes people with usernames folded to lower case, so that ``Lan`` and ``lan`` are one account."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Find a person whatever the case of the username typed."""
        return self.get(username=(username or "").lower())

    def create_user(self, username: str, email: str = "", password: str | None = None, **fields: Any) -> "Person":
        """Make a person; without a password nobody can sign in as them."""
        person = self.model(username=username.strip().lower(), email=self.normalize_email(email), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, username: str, email: str = "", password: str | None = None, **fields: Any) -> "Person":
        """Make a person with every Django permission (used by Django's own command only)."""
        return self.create_user(username, email, password, is_staff=True, is_superuser=True, **fields)


class Person(AbstractBaseUser, PermissionsMixin):
    """A person with an account. Vietnamese names are written whole, family name first."""

    username = models.CharField(
        _("Tên đăng nhập"),
        max_length=60,
        unique=True,
        validators=[ASCIIUsernameValidator()],
        error_messages={"unique": _("Đã có tài khoản với tên đăng nhập này.")},
    )
    full_name = models.CharField(_("Họ và tên"), max_length=120)
    email = models.EmailField(_("Thư điện tử công vụ"), blank=True)
    phone = models.CharField(_("Điện thoại công vụ"), max_length=20, blank=True)
    is_active = models.BooleanField(_("Đang hoạt động"), default=True)
    is_staff = models.BooleanField(_("Quản trị hệ thống"), default=False)
    created_at = models.DateTimeField(_("Ngày tạo"), default=timezone.now, editable=False)

    objects = PersonManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        """One account per username whatever its case."""

        verbose_name = _("Người dùng")
        verbose_name_plural = _("Người dùng")
        ordering: ClassVar[list[str]] = ["username"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(Lower("username"), name="accounts_person_username_once")
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        """Return the whole name (Django and allauth ask for it under this name)."""
        return self.full_name

    def get_short_name(self) -> str:
        """Return the given name: in Vietnamese the last word."""
        return self.full_name.rsplit(" ", 1)[-1]


class ApiKey(models.Model):
    """A key a person's program acts with: for one agency the person works for, until a day; kept as a hash only."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="api_keys", verbose_name=_("Người giữ khóa"))
    agency = models.CharField(_("Làm việc cho cơ quan"), max_length=20)
    name = models.CharField(_("Dùng cho"), max_length=80)
    prefix = models.CharField(_("Đầu khóa"), max_length=12, unique=True)
    hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("Cấp lúc"))
    expires_at = models.DateTimeField(_("Hết hạn lúc"))
    last_used_at = models.DateTimeField(_("Dùng lần cuối"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("Thu hồi lúc"), null=True, blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Khóa API")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.prefix
