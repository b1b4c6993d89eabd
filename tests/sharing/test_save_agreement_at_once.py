"""Two sides of an agreement at the same moment: real requests in parallel on a database that commits."""

import pytest

import scenes_agreements as ours
from at_once import signed_in, together
from nganam.audit.queries import verify_chain
from nganam.sharing.models import Account, Agreement, AgreementConsent, AgreementSignature, AgreementVersion


@pytest.fixture
def stage(committed_db, make_province):
    make_province()


def text(**changes):
    said = ours.TEXT | changes
    return {**{name: value for name, value in said.items() if name != "fields"}, "fields_agreed": said["fields"]}


@pytest.mark.law("D37.2")
def test_of_two_sides_that_save_at_once_one_saves_and_the_other_sees_the_difference(stage):
    found = ours.drafting()
    lan, phuc = signed_in("lan"), signed_in("phuc")
    path, seen = f"/thoa-thuan/{found.code}/soan-thao/", {"version": found.version}
    answers = together(
        lambda: lan.post(path, text(other="Theo Sở Y tế.") | seen),
        lambda: phuc.post(path, text(other="Theo phường.") | seen),
    )
    assert sorted(one.status_code for one in answers) == [302, 422]
    kept = AgreementVersion.objects.get()
    loser = next(one for one in answers if one.status_code == 422).content.decode()
    assert f"{kept.author_name} đã lưu bản số 1" in loser
    assert "<ins>" in loser
    assert "<del>" in loser
    assert verify_chain().ok


@pytest.mark.law("D37.2")
def test_a_save_and_a_consent_at_once_never_settle_a_text_somebody_did_not_see(stage):
    found = ours.save(ours.drafting(), ours.PHUC)
    lan, phuc = signed_in("lan"), signed_in("phuc")
    digest = ours.table(found).digest
    together(
        lambda: lan.post(f"/thoa-thuan/{found.code}/buoc/agree/", {"digest": digest}),
        lambda: phuc.post(
            f"/thoa-thuan/{found.code}/soan-thao/", text(other="Thêm điều.") | {"version": found.version}
        ),
    )
    found = Agreement.objects.get()
    last = AgreementVersion.objects.last()
    sides = {one.agency for one in AgreementConsent.objects.filter(version=last)}
    if found.state == "signing":
        assert (last.number, sides) == (1, {"CT-SYT", "CT-X31507"})
    else:
        assert (found.state, last.number, sides) == ("drafting", 2, {"CT-X31507"})


@pytest.mark.law("D37.3")
def test_two_that_sign_at_once_put_it_in_force_once(stage):
    found = ours.signing()
    lan, phuc = signed_in("lan"), signed_in("phuc")
    path = f"/thoa-thuan/{found.code}/ky/"
    values = {"digest": ours.table(found).digest, "position": "Thủ trưởng", "confirmed": "on"}
    answers = together(
        lambda: lan.post(path, values | {"signer": "Trần Thị Giám Đốc"}),
        lambda: phuc.post(path, values | {"signer": "Lý Văn Chủ Tịch"}),
    )
    for client, answer in zip((lan, phuc), answers, strict=True):
        if answer.status_code == 422:  # told that the other was first; signing again is enough
            assert client.post(path, values | {"signer": "Người ký"}).status_code == 302
    assert Agreement.objects.get().state == "in_force"
    assert AgreementSignature.objects.count() == 2
    assert Account.objects.count() == 1
