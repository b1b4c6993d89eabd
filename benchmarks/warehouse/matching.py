"""Matching 50 000 records of people with known truth: precision, recall and seconds, on two seeds.

Three registers of one province (police, health, school) say the same people in their own way: marks left out, names in
another order or without the middle one, day and month swapped, a year alone, a digit mistyped, no identifier in half of
the rows, people moved. Two people of one name and day are among them. Run: ``python benchmarks/warehouse/matching.py``.
"""

import json
import os
import random
import resource
import sys
import time
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))
from nganam.demo.people import Citizen, citizens
from nganam.kernel.text import fold
from nganam.master.engine import joining, matching, records

ROWS = int(os.environ.get("NGANAM_BENCH_RECORDS", "50000"))
SEEDS = (1, 2)
REGISTERS = ("cong-an", "y-te", "truong-hoc")
THRESHOLDS = joining.Thresholds(join=0.99, review=0.5)


def made(rows: int, seed: int) -> tuple[list[records.Record], dict[str, str]]:
    """Return about ``rows`` records and of which person each is."""
    draw = random.Random(seed)
    found: list[records.Record] = []
    truth: dict[str, str] = {}
    for person in citizens(rows, seed):
        for register in REGISTERS:
            if draw.random() < 0.62:
                one = records.Record(f"{len(found):08d}", register, str(len(found)), told(person, register, draw))
                found.append(one)
                truth[one.record] = person.so_dinh_danh
        if len(found) >= rows:
            break
    return found, truth


def told(person: Citizen, register: str, draw: random.Random) -> dict[str, str | None]:
    """Return a person as a register tells of them."""
    keep = 0.98 if register == "cong-an" else 0.5
    return {
        "name": spoilt_name(person.ho_ten, draw), "date": spoilt_date(person.ngay_sinh, draw),
        "identifier": spoilt_number(person.so_dinh_danh, draw) if draw.random() < keep else None,
        "sex": person.gioi_tinh if draw.random() < 0.97 else None,
        "phone": person.dien_thoai if draw.random() < 0.45 else None,
        "commune": person.ma_xa if draw.random() < 0.92 else "31507",
        "address": person.dia_chi if draw.random() < 0.6 else None,
    }  # fmt: skip


def spoilt_name(name: str, draw: random.Random) -> str:
    """Return a name as somebody types it."""
    chance, words = draw.random(), name.split()
    if chance < 0.15:
        return fold(name).upper()
    if chance < 0.2 and len(words) > 2:
        return " ".join([words[0], words[-1]])
    if chance < 0.23:
        return " ".join([words[-1], *words[:-1]])
    if chance < 0.26 and len(name) > 6:
        place = draw.randrange(1, len(name) - 1)
        return name[:place] + name[place + 1 :]
    return name


def spoilt_date(day: object, draw: random.Random) -> str:
    """Return a date of birth as somebody types it."""
    iso, chance = str(day), draw.random()
    year, month, date = iso.split("-")
    if chance < 0.05:
        return year
    if chance < 0.09:
        return f"{month}/{date}/{year}" if int(date) <= 12 else f"{date}/{month}/{year}"
    if chance < 0.12:
        return f"{int(date) % 28 + 1:02d}/{month}/{year}"
    return iso


def spoilt_number(number: str, draw: random.Random) -> str:
    """Return an identifier as somebody types it: the first zero gone, or a digit wrong."""
    chance = draw.random()
    if chance < 0.05:
        return number.lstrip("0")
    if chance < 0.07:
        place = draw.randrange(4, 12)
        return number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    return number


def pairs_of(group: dict[str, str]) -> set[tuple[str, str]]:
    """Return all pairs of records in one group."""
    members = defaultdict(list)
    for record, name in group.items():
        members[name].append(record)
    return {(min(two), max(two)) for found in members.values() for two in combinations(found, 2)}


def main() -> None:
    """Print one line of JSON a seed."""
    for seed in SEEDS:
        found, truth = made(ROWS, seed)
        began = time.perf_counter()
        spelled = records.table(found, "person")
        spelt = time.perf_counter()
        pairs, model = matching.match(spelled, THRESHOLDS.review)
        matched = time.perf_counter()
        numbers = dict(zip(spelled["record"].to_pylist(), spelled["identifier"].to_pylist(), strict=True))
        joined = joining.join([one.record for one in found], numbers, pairs, {}, THRESHOLDS)
        ended = time.perf_counter()
        right, said = pairs_of(truth), pairs_of(joined.group)
        review = {key for key, verdict in joined.verdicts.items() if verdict == "review"}
        told = {
            "seed": seed, "records": len(found), "people": len(set(truth.values())), "model": model.origin,
            "precision": round(len(said & right) / max(1, len(said)), 5),
            "recall": round(len(said & right) / len(right), 5),
            "recall_with_review": round(len((said | review) & right) / len(right), 5),
            "to_review": len(review), "review_right": len(review & right),
            "verdicts": Counter(joined.verdicts.values()),
            "seconds": [round(one, 2) for one in (spelt - began, matched - spelt, ended - matched)],
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }  # fmt: skip
        print(json.dumps(told))


if __name__ == "__main__":
    main()
