"""Programs to copy: a token and one call, in five languages, with the parameters as they were filled in.

Values are written as literals of each language and put in by one pass over the text, so that no value is ever read as
part of a program or of another placeholder. Credentials are read from the environment and stand in no sample.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from nganam.lgsp.trying import Question

HOLE = re.compile(r"«(\w+)»")
# Between programs of a shell and of a page both, a control character has no one spelling; a value is not one.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Sample:
    """One program; ``run`` says how it is started."""

    id: str
    label: str
    language: str
    run: str
    text: str


def sh(text: str) -> str:
    """Write a text as one word of a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def python(text: str) -> str:
    """Write a text as a literal of Python."""
    return json.dumps(text, ensure_ascii=False)


def script(text: str) -> str:
    """Write a text as a literal of JavaScript."""
    return json.dumps(text, ensure_ascii=False)


def java(text: str) -> str:
    r"""Write a text as a literal of Java, in ASCII: before Java 18 a source is read in the machine's encoding.

    Java reads ``\uXXXX`` before anything else, so no line end and no quote may be written that way; JSON never does.
    """
    return json.dumps(text)


def csharp(text: str) -> str:
    r"""Write a text as a literal of C#: the escapes of JSON are all of C#'s too (``\/`` is never written)."""
    return json.dumps(text)


CURL = """\
# CLIENT_ID, CLIENT_SECRET: đặt ở biến môi trường
TOKEN=$(curl -sS -u "$CLIENT_ID:$CLIENT_SECRET" -d grant_type=client_credentials \\
  «token» | sed -E 's/.*"access_token": *"([^"]+)".*/\\1/')
curl -sS -G -H "Authorization: Bearer $TOKEN" \\
«lines»  «url»
"""
PYTHON = """\
import os

import httpx

token = httpx.post(
    «token»,
    data={"grant_type": "client_credentials"},
    auth=(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]),
).raise_for_status().json()["access_token"]
answer = httpx.get(
    «url»,
    params=[«pairs»],
    headers={"Authorization": f"Bearer {token}"},
)
print(answer.status_code, answer.text)
"""
JAVASCRIPT = """\
const { CLIENT_ID, CLIENT_SECRET } = process.env;
const basic = Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString("base64");
const issued = await fetch(«token», {
  method: "POST",
  headers: { Authorization: `Basic ${basic}` },
  body: new URLSearchParams({ grant_type: "client_credentials" }),
});
const { access_token: token } = await issued.json();
const url = new URL(«url»);
url.search = new URLSearchParams([«pairs»]);
const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
console.log(answer.status, await answer.text());
"""
JAVA = """\
import java.io.PrintStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;

public class GoiDichVu {
    static String pair(String name, String value) {
        return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    public static void main(String[] args) throws Exception {
        var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        var client = System.getenv("CLIENT_ID") + ":" + System.getenv("CLIENT_SECRET");
        var basic = Base64.getEncoder().encodeToString(client.getBytes(StandardCharsets.UTF_8));
        var ask = HttpRequest.newBuilder(URI.create(«token»))
            .header("Authorization", "Basic " + basic)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials")).build();
        var issued = http.send(ask, BodyHandlers.ofString()).body();
        var found = Pattern.compile("\\"access_token\\"\\\\s*:\\\\s*\\"([^\\"]+)\\"").matcher(issued);
        if (!found.find()) throw new IllegalStateException(issued);
        var query = String.join("&", new String[] {«pairs»});
        var call = HttpRequest.newBuilder(URI.create(«url» + (query.isEmpty() ? "" : "?" + query)))
            .header("Authorization", "Bearer " + found.group(1)).GET().build();
        var answer = http.send(call, BodyHandlers.ofString(StandardCharsets.UTF_8));
        new PrintStream(System.out, true, StandardCharsets.UTF_8).println(answer.statusCode() + " " + answer.body());
    }
}
"""
CSHARP = """\
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

using var http = new HttpClient();
var client = $"{Environment.GetEnvironmentVariable("CLIENT_ID")}:{Environment.GetEnvironmentVariable("CLIENT_SECRET")}";
var ask = new HttpRequestMessage(HttpMethod.Post, «token»)
{
    Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials" }),
};
var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes(client));
ask.Headers.Authorization = new AuthenticationHeaderValue("Basic", basic);
var issued = await (await http.SendAsync(ask)).Content.ReadAsStringAsync();
var token = JsonDocument.Parse(issued).RootElement.GetProperty("access_token").GetString();
var pairs = new (string Name, string Value)[] {«pairs»};
var query = string.Join("&", pairs.Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value)}"));
var call = new HttpRequestMessage(HttpMethod.Get, «url» + (query == "" ? "" : "?" + query));
call.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
var answer = await http.SendAsync(call);
Console.WriteLine($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
"""


def samples(address: str, token_url: str, question: Question) -> list[Sample]:
    """Return the programs that ask this of the service at ``address``."""
    url = address + question.segment
    asked = [(name, CONTROL.sub("\ufffd", value)) for name, value in question.pairs]
    filled = partial(_filled, url=url, token=token_url)
    between = ", ".join
    return [
        Sample("mau-curl", "curl", "bash", "sh goi.sh", filled(CURL, sh, lines=_shell_lines(asked))),
        Sample(
            "mau-python", "Python (httpx)", "python", "python3 goi.py",
            filled(PYTHON, python, pairs=between(f"({python(n)}, {python(v)})" for n, v in asked)),
        ),
        Sample(
            "mau-java", "Java 11+ (java.net.http)", "java", "java GoiDichVu.java",
            filled(JAVA, java, pairs=between(f"pair({java(n)}, {java(v)})" for n, v in asked)),
        ),
        Sample(
            "mau-csharp", "C# (.NET 8, HttpClient)", "csharp", "dotnet run",
            filled(CSHARP, csharp, pairs=between(f"({csharp(n)}, {csharp(v)})" for n, v in asked)),
        ),
        Sample(
            "mau-javascript", "JavaScript (fetch, Node.js 18+)", "javascript", "node goi.mjs",
            filled(JAVASCRIPT, script, pairs=between(f"[{script(n)}, {script(v)}]" for n, v in asked)),
        ),
    ]  # fmt: skip


def _shell_lines(asked: Sequence[tuple[str, str]]) -> str:
    return "".join(f"  --data-urlencode {sh(f'{name}={value}')} \\\n" for name, value in asked)


def _filled(text: str, literal: Callable[[str], str], *, url: str, token: str, **ready: str) -> str:
    values = {"url": literal(url), "token": literal(token), **ready}
    return HOLE.sub(lambda hole: values[hole[1]], text)
