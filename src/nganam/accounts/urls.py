"""Addresses of the room. Names beginning with ``account_`` and ``mfa_`` are those allauth looks up itself."""

from django.urls import URLPattern, URLResolver, path

from nganam.accounts import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("dang-nhap/", views.sign_in, name="account_login"),
    path("dang-nhap/xac-thuc/", views.second_factor, name="mfa_authenticate"),
    path("dang-nhap/bi-khoa/", views.inactive, name="account_inactive"),
    path("dang-nhap/tro-giup/", views.help_page, name="account_signup"),
    path("dang-nhap/quen-mat-khau/", views.help_page, name="account_reset_password"),
    path("dang-xuat/", views.sign_out, name="account_logout"),
    path("doi-mat-khau/", views.change_password, name="account_change_password"),
    path("xac-nhan-mat-khau/", views.ask_again, name="account_reauthenticate"),
    path("tai-khoan/", views.profile, name="account_email"),
    path("tai-khoan/khoa-api/", views.api_keys, name="accounts_api_keys"),
    path("tai-khoan/khoa-api/<str:prefix>/thu-hoi/", views.revoke_api_key, name="accounts_revoke_api_key"),
    path("xac-thuc-hai-lop/", views.factors, name="mfa_index"),
    path("xac-thuc-hai-lop/bat/", views.set_up_totp, name="mfa_activate_totp"),
    path("xac-thuc-hai-lop/tat/", views.drop_totp, name="mfa_deactivate_totp"),
    path("xac-thuc-hai-lop/xac-nhan/", views.ask_code_again, name="mfa_reauthenticate"),
    path("xac-thuc-hai-lop/ma-du-phong/", views.recovery_codes, name="mfa_view_recovery_codes"),
    path("xac-thuc-hai-lop/ma-du-phong/tao/", views.new_recovery_codes, name="mfa_generate_recovery_codes"),
    path("xac-thuc-hai-lop/ma-du-phong/tai-ve/", views.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("nguoi-dung/", views.people, name="accounts_people"),
    path("nguoi-dung/moi/", views.open_account, name="accounts_open"),
    path("nguoi-dung/<str:username>/mat-khau/", views.reset_password, name="accounts_reset_password"),
    path("nguoi-dung/<str:username>/trang-thai/", views.set_open, name="accounts_set_open"),
]
