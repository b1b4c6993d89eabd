"""A token for the LGSP: ``POST /oauth2/token`` with a secret; the floor is signing the same claims with ES256 alone."""

import time
import uuid

import measure
from joserfc import jwt
from joserfc.jwk import ECKey

TOKENS, APPLICATIONS = 100, 4


def run(demo: measure.Platform) -> measure.Result:
    """Measure tokens issued over HTTP in turn with bare signatures."""
    asked = [demo.token_request()]
    leaders, port = {"web": demo.leader("web")}, demo.port("web")
    measure.drive(port, asked, 5)
    key = ECKey.generate_key("P-256", {"kid": "bench"})
    cases = {
        "POST /oauth2/token": lambda: measure.served(leaders, port, asked, alone=TOKENS, crowd=TOKENS, c=APPLICATIONS),
        "ES256 signature": lambda: _sign(key),
    }
    ratios = [("cpu_ms", "POST /oauth2/token", "ES256 signature")]
    return measure.rounds("Issuing a token", cases, ratios=ratios)


def _sign(key: ECKey) -> measure.Figures:
    told = measure.Timings()
    began, used = time.perf_counter(), time.process_time()
    for _ in range(5 * TOKENS):
        asked = time.perf_counter()
        claims = {
            "iss": "a",
            "aud": "lgsp",
            "sub": "CT/X",
            "jti": uuid.uuid4().hex,
            "iat": 1,
            "exp": 601,
            "svc": ["DV"],
        }
        jwt.encode({"alg": "ES256", "kid": "bench", "typ": "JWT"}, claims, key)
        told.seconds.append(time.perf_counter() - asked)
    told.wall = time.perf_counter() - began
    figures = told.figures()
    spent = (time.process_time() - used) / (5 * TOKENS) * 1000
    return {"cpu_ms": spent, **{name: figures[name] for name in ("p50_ms", "p95_ms", "p99_ms")}}


if __name__ == "__main__":
    measure.main("tokens", run)
