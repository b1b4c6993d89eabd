"""Addresses of sharing, family by family."""

from django.urls import URLPattern, URLResolver, path

from nganam.sharing.accounts import views as accounts
from nganam.sharing.agreements import text_views as texts
from nganam.sharing.agreements import views as agreements
from nganam.sharing.delegations import views as delegations
from nganam.sharing.outside import views as outside
from nganam.sharing.requests import views as requests
from nganam.sharing.sandbox import views as sandbox
from nganam.sharing.suspensions import views as suspensions

app_name = "sharing"
urlpatterns: list[URLPattern | URLResolver] = [
    path("ung-dung/", requests.applications, name="applications"),
    path("ung-dung/thu-nghiem/", sandbox.test_credentials, name="test_credentials"),
    path("ung-dung/thu-nghiem/<str:client_id>/thu-hoi/", sandbox.revoke_test_credential, name="revoke_test_credential"),
    path("ung-dung/<str:code>/sua/", requests.edit_application, name="edit_application"),
    path("yeu-cau/", requests.requests, name="requests"),
    path("yeu-cau/moi/", requests.new_request, name="new"),
    path("yeu-cau/<str:code>/", requests.request_page, name="request"),
    path("yeu-cau/<str:code>/sua/", requests.edit_request, name="edit"),
    path("yeu-cau/<str:code>/buoc/<slug:transition>/", requests.step, name="step"),
    path("tai-khoan-ket-noi/", accounts.accounts, name="accounts"),
    path("tai-khoan-ket-noi/uy-quyen/", delegations.delegations, name="delegations"),
    path("tai-khoan-ket-noi/uy-quyen/<str:code>/ket-thuc/", delegations.end, name="end_delegation"),
    path("tai-khoan-ket-noi/<str:code>/", accounts.account, name="account"),
    path("tai-khoan-ket-noi/<str:code>/buoc/<slug:transition>/", accounts.step, name="account_step"),
    path("ngoai-tinh/", outside.overview, name="outside"),
    path("ngoai-tinh/den/", outside.inbound_list, name="inbound_list"),
    path("ngoai-tinh/den/moi/", outside.new_inbound, name="new_inbound"),
    path("ngoai-tinh/den/<str:code>/", outside.inbound_page, name="inbound"),
    path("ngoai-tinh/den/<str:code>/sua/", outside.edit_inbound, name="edit_inbound"),
    path("ngoai-tinh/den/<str:code>/ban-quet/", outside.inbound_scan, name="inbound_scan"),
    path("ngoai-tinh/den/<str:code>/buoc/<slug:transition>/", outside.inbound_step, name="inbound_step"),
    path("ngoai-tinh/di/", outside.outbound_list, name="outbound_list"),
    path("ngoai-tinh/di/moi/", outside.new_outbound, name="new_outbound"),
    path("ngoai-tinh/di/<str:code>/", outside.outbound_page, name="outbound"),
    path("ngoai-tinh/di/<str:code>/sua/", outside.edit_outbound, name="edit_outbound"),
    path("ngoai-tinh/di/<str:code>/buoc/<slug:transition>/", outside.outbound_step, name="outbound_step"),
    path("ngoai-tinh/co-quan/", outside.outside_agencies, name="outside_agencies"),
    path("dich-vu/ngoai-tinh/", outside.external_list, name="external_list"),
    path("dich-vu/ngoai-tinh/moi/", outside.list_external, name="list_external"),
    path("dich-vu/ngoai-tinh/<str:code>/", outside.change_external, name="change_external"),
    path("dich-vu/ngoai-tinh/<str:code>/bo/", outside.remove_external, name="remove_external"),
    path("tam-ngung/quan-ly/", suspensions.stops, name="stops"),
    path("tam-ngung/quan-ly/dich-vu/moi/", suspensions.new_stop, name="new_stop"),
    path("tam-ngung/quan-ly/dich-vu/<str:code>/", suspensions.stop, name="stop"),
    path("tam-ngung/quan-ly/dich-vu/<str:code>/sua/", suspensions.edit_stop, name="edit_stop"),
    path("tam-ngung/quan-ly/dich-vu/<str:code>/buoc/<slug:transition>/", suspensions.step_stop, name="stop_step"),
    path("tam-ngung/quan-ly/vi-pham/", suspensions.breaches, name="breaches"),
    path("tam-ngung/quan-ly/vi-pham/moi/", suspensions.new_breach, name="new_breach"),
    path("tam-ngung/quan-ly/vi-pham/<str:code>/", suspensions.breach, name="breach"),
    path("tam-ngung/quan-ly/vi-pham/<str:code>/buoc/<slug:transition>/", suspensions.step_breach, name="breach_step"),
    path("tam-ngung/quan-ly/cham-dut/", suspensions.terminations, name="terminations"),
    path("tam-ngung/quan-ly/cham-dut/<str:code>/", suspensions.termination, name="termination"),
    path("tam-ngung/quan-ly/cham-dut/<str:code>/tep/<str:sha256>/", suspensions.evidence, name="termination_file"),
    path(
        "tam-ngung/quan-ly/cham-dut/<str:code>/buoc/<slug:transition>/",
        suspensions.step_termination,
        name="termination_step",
    ),
    path("thoa-thuan/", agreements.agreements, name="agreements"),
    path("thoa-thuan/moi/", agreements.new_agreement, name="new_agreement"),
    path("thoa-thuan/dang-hieu-luc/", agreements.in_force, name="agreements_in_force"),
    path("thoa-thuan/xet-chuyen-mac-dinh/", agreements.reviews, name="agreement_reviews"),
    path("thoa-thuan/tham-gia/<str:code>/", agreements.joining_page, name="joining"),
    path("thoa-thuan/tham-gia/<str:code>/buoc/<slug:transition>/", agreements.joining_step, name="joining_step"),
    path("thoa-thuan/<str:code>/", agreements.agreement, name="agreement"),
    path("thoa-thuan/<str:code>/sua/", agreements.edit_asked, name="edit_agreement"),
    path("thoa-thuan/<str:code>/buoc/<slug:transition>/", agreements.step, name="agreement_step"),
    path("thoa-thuan/<str:code>/soan-thao/", texts.draft, name="agreement_draft"),
    path("thoa-thuan/<str:code>/ban/<int:number>/", texts.version, name="agreement_version"),
    path("thoa-thuan/<str:code>/so-sanh/", texts.compare, name="agreement_compare"),
    path("thoa-thuan/<str:code>/ky/", texts.sign, name="agreement_sign"),
    path("thoa-thuan/<str:code>/xoa-du-lieu/", texts.delete, name="agreement_delete"),
    path("thoa-thuan/<str:code>/de-nghi-tham-gia/", agreements.ask_to_join, name="agreement_join"),
    path("thoa-thuan/<str:code>/gui-co-quan/", agreements.disclose, name="agreement_disclose"),
    path("thoa-thuan/<str:code>/tep/<str:sha256>/", agreements.file, name="agreement_file"),
]
