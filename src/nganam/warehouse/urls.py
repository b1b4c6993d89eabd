"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.warehouse import api_views, contract_views, erasure_views, file_views, recoded_views, views
from nganam.warehouse.transforms import views as models

app_name = "warehouse"
urlpatterns: list[URLPattern | URLResolver] = [
    path("kho/", views.tables, name="tables"),
    path("kho/nguon/moi/", views.declare_source, name="declare_source"),
    path("kho/nguon/api/moi/", api_views.declare, name="declare_api"),
    path("kho/nguon/<str:code>/api/", api_views.change, name="change_api"),
    path("kho/nguon/<str:code>/", views.source, name="source"),
    path("kho/nguon/<str:code>/sua/", views.change_source, name="change_source"),
    path("kho/nguon/<str:code>/thu/", views.try_source, name="try_source"),
    path("kho/bang/moi/", views.declare_table, name="declare_table"),
    path("kho/nap/<str:code>/", views.load, name="load"),
    path("kho/nap/<str:code>/dong-bi-loai.csv", views.rejected_rows, name="rejected_rows"),
    path("kho/nap/<str:code>/dong-bi-loai.xlsx", views.rejected_workbook, name="rejected_workbook"),
    path("kho/nap/<str:code>/chap-nhan/", views.admit_findings, name="admit_findings"),
    path("kho/nap/<str:code>/dong-da-sua/", views.mend_rows, name="mend_rows"),
    path("kho/nap/<str:code>/doc-lai/", views.load_again, name="load_again"),
    path("kho/nap/<str:code>/chap-nhan-sai-khac/", contract_views.admit, name="admit"),
    path("kho/xoa/<str:code>/", erasure_views.erasure, name="erasure"),
    path("kho/xoa/<str:code>/xac-nhan/", erasure_views.confirm, name="confirm_erasure"),
    path("kho/xoa/<str:code>/rut/", erasure_views.withdraw, name="withdraw_erasure"),
    path("kho/xoa/<str:code>/nhan-lai/", erasure_views.lift, name="lift_erasure"),
    path("kho/mo-hinh/", models.models, name="models"),
    path("kho/mo-hinh/nhap/", models.import_models, name="import_models"),
    path("kho/mo-hinh.zip", models.packed_models, name="packed_models"),
    path("kho/<slug:table>/mo-hinh/", models.model, name="model"),
    path("kho/<slug:table>/mo-hinh.sql", models.model_file, name="model_file"),
    path("kho/<slug:table>/mo-hinh/sua/", models.change_model, name="change_model"),
    path("kho/<slug:table>/mo-hinh/chay/", models.run_model, name="run_model"),
    path("kho/<slug:table>/mo-hinh/thoi/", models.stop_model, name="stop_model"),
    path("kho/<slug:table>/", views.table, name="table"),
    path("kho/<slug:table>/de-nghi-xoa/", erasure_views.propose, name="propose_erasure"),
    path("kho/<slug:table>/sua/", views.change_table, name="change_table"),
    path("kho/<slug:table>/hop-dong/", contract_views.contract, name="contract"),
    path("kho/<slug:table>/hop-dong/sua/", contract_views.change_contract, name="change_contract"),
    path("kho/<slug:table>/hop-dong/nhap/", contract_views.import_contract, name="import_contract"),
    path("kho/<slug:table>/hop-dong/<str:number>.odcs.yaml", contract_views.contract_file, name="contract_file"),
    path("kho/<slug:table>/nap/", views.start_load, name="start_load"),
    path("kho/<slug:table>/nap/tu-nguon/", views.load_from_source, name="load_from_source"),
    path("kho/<slug:table>/phat-hien/<int:number>/thoi/", views.withdraw_admission, name="withdraw_admission"),
    path("kho/<slug:table>/phien-ban/<int:number>/", views.version, name="version"),
    path("kho/<slug:table>/dong/", file_views.rows, name="rows"),
    path("kho/<slug:table>/phien-ban/<int:number>/tep/", file_views.ask_file, name="ask_file"),
    path("kho/<slug:table>/phien-ban/<int:number>/tep/<slug:code>/", file_views.version_file, name="version_file"),
    path("kho/<slug:table>/phien-ban/<int:number>/tep/<slug:code>/tai-ve/", file_views.download, name="download_file"),
    path("kho/<slug:table>/phien-ban/<int:number>/don-vi/", recoded_views.units, name="units"),
    path("kho/<slug:table>/phien-ban/<int:number>/khoi-phuc/", views.restore_version, name="restore_version"),
]
