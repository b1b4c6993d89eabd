"""``systemd``: the units of a production machine."""

import argparse
import sys
from pathlib import Path

from nganam.site.arguments import Parser
from nganam.site.env import ROOT
from nganam.site.plan import BY_NODE, node_name

TARGET = """\
[Unit]
Description=Ngã Năm
Wants={wants}

[Install]
WantedBy=multi-user.target
"""
SERVICE = """\
[Unit]
Description=Ngã Năm: {title}
PartOf=nganam.target
After=network-online.target postgresql.service{after}
StartLimitIntervalSec=0

[Service]
User={user}
WorkingDirectory={root}
Environment=NGANAM_DATA={data}
EnvironmentFile=-{environment}
{pre}ExecStart={python} -P -m nganam.site.commands {name}
Restart=always
RestartSec=0.3
KillMode=mixed
TimeoutStopSec={grace}
NoNewPrivileges=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
LockPersonality=yes
ReadWritePaths={data}
LimitNOFILE=65536

[Install]
WantedBy=nganam.target
"""
TITLES = {
    "web": "trang web", "worker": "việc nền", "serving": "máy chủ dữ liệu", "gateway": "cổng LGSP",
    "collector": "ghi bằng chứng cổng LGSP",
    "keeper": "giữ cấu hình và nhật ký cổng LGSP",
}  # fmt: skip
FIRST = "web"  # brings tables and static files up to date before the others start


def units(options: argparse.Namespace) -> dict[str, str]:
    """Return each unit file's text by its name."""
    named = [(node_name(kind, node), kind, node) for kind in TITLES for node in _nodes(kind, options.nodes)]
    found = {"nganam.target": TARGET.format(wants=" ".join(f"nganam-{name}.service" for name, _kind, _node in named))}
    for unit, name, node in named:
        title = TITLES[name] if node == 1 else f"{TITLES[name]}, nút {node}"
        found[f"nganam-{unit}.service"] = SERVICE.format(
            name=name if node == 1 else f"{name} --node {node}",
            title=title,
            user=options.user,
            root=ROOT,
            python=sys.executable,
            environment=options.environment,
            data=options.data,
            grace=30 if name == "worker" else 15,
            after="" if name == FIRST else f" nganam-{FIRST}.service",
            pre=f"ExecStartPre={sys.executable} -P -m nganam.site.provision\n" if name == FIRST else "",
        )
    return found


def _nodes(kind: str, nodes: int) -> range:
    return range(1, (nodes if kind in BY_NODE else 1) + 1)


def run(args: list[str]) -> int:
    """Print the units, or write them to a folder."""
    parser = Parser(prog="./nganam systemd", description="In các đơn vị systemd.")
    parser.add_argument("--user", default="nganam", help="tài khoản chạy dịch vụ (mặc định nganam)")
    parser.add_argument("--data", default="/var/lib/nganam", help="thư mục dữ liệu, cũng là NGANAM_DATA")
    parser.add_argument("--environment", default="/etc/nganam/environment", help="tệp các biến NGANAM_…")
    parser.add_argument("--nodes", type=int, default=1, metavar="SỐ", help="số nút, như NGANAM_NODES (mặc định 1)")
    parser.add_argument("--write", type=Path, metavar="THƯ MỤC", help="ghi ra thư mục thay vì in")
    options = parser.parse_args(args)
    for name, text in units(options).items():
        if options.write:
            (options.write / name).write_text(text, encoding="utf-8")
        else:
            print(f"# {name}\n{text}")
    return 0
