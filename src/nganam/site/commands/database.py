"""``migrate``, ``shell`` and ``createadmin``."""

import argparse
import getpass
import os
import sys

import django

from nganam.kernel.clock import SystemClock, local_date
from nganam.kernel.errors import Invalid
from nganam.site.arguments import Parser


def migrate(args: list[str]) -> int:
    """Bring the database to the newest schema (arguments as of Django's ``migrate``)."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["nganam", "migrate", *args])
    return 0


def shell(args: list[str]) -> int:
    """Open Python with Django set up (arguments as of Django's ``shell``)."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["nganam", "shell", *args])
    return 0


def _password() -> str:
    given = os.environ.get("NGANAM_ADMIN_PASSWORD", "")
    if given or not sys.stdin.isatty():
        return given
    first, again = getpass.getpass("Mật khẩu: "), getpass.getpass("Nhập lại: ")
    if first != again:
        raise Invalid("Hai lần nhập mật khẩu không giống nhau.")
    return first


def createadmin(args: list[str]) -> int:
    """Make the first administrator's account and posting."""
    parser = Parser(prog="./nganam createadmin", description="Tạo tài khoản quản trị đầu tiên.")
    parser.add_argument("--username", required=True, help="tên đăng nhập")
    parser.add_argument("--name", required=True, help="họ và tên")
    parser.add_argument("--agency", required=True, help="mã cơ quan, ví dụ CT-SKHCN")
    parser.add_argument("--agency-name", default="", help="tên cơ quan, khi cơ quan chưa có trong danh sách")
    parser.add_argument("--email", default="", help="thư công vụ")
    options = parser.parse_args(args)
    django.setup()
    _create(options, _password())
    print(f"Đã tạo quản trị viên {options.username} tại {options.agency}.")
    return 0


def _create(options: argparse.Namespace, password: str) -> None:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from nganam.accounts.models import Person
    from nganam.agencies import operations
    from nganam.agencies.models import Agency
    from nganam.kernel.actors import system

    if Person.objects.filter(username=options.username.lower()).exists():
        raise Invalid(f"Đã có tài khoản {options.username}.")
    try:
        validate_password(password)
    except ValidationError as error:
        hint = "Nhập khi được hỏi, hoặc đặt NGANAM_ADMIN_PASSWORD."
        raise Invalid(" ".join(error.messages), hint=hint) from error
    at, actor = SystemClock().now(), system("cli", "Dòng lệnh")
    with transaction.atomic():
        if options.agency_name and not Agency.objects.filter(code=options.agency).exists():
            operations.open_agency(
                actor=actor, at=at, code=options.agency, name=options.agency_name, kind="department",
                valid_from=local_date(at),
            )  # fmt: skip
        person = Person.objects.create_user(options.username, options.email, password, full_name=options.name)
        operations.name_posting(
            actor=actor, at=at, person=person, agency=options.agency, role="admin", valid_from=local_date(at)
        )
