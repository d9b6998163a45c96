"""Talks to a router through librouteros and prints what it saw, as JSON.

Usage: librouteros_judge.py HOST PORT USER PASSWORD plain|token
"""
import json
import sys

import librouteros
from librouteros.exceptions import TrapError
from librouteros.login import plain, token
from librouteros.query import And, Key, Or


def judge(host, port, user, password, method):
    seen = {}
    api = librouteros.connect(
        host=host, port=int(port), username=user, password=password,
        login_method={"plain": plain, "token": token}[method], timeout=20)
    name, kind, running = Key("name"), Key("type"), Key("running")
    interfaces = api.path("interface")
    seen["identity"] = list(api.path("system", "identity"))[0]["name"]
    seen["all"] = sorted(row["name"] for row in interfaces)
    seen["running ports"] = sorted(
        row["name"] for row in interfaces.select(name).where(And(kind == "ether", running == True)))  # noqa: E712
    seen["vlans or bridges"] = sorted(
        row["name"] for row in interfaces.select(name).where(Or(kind == "vlan", kind == "bridge")))
    seen["not ports"] = sorted(
        row["name"] for row in interfaces.select(name).where(kind != "ether"))
    pools = api.path("ip", "pool")
    created = pools.add(name="judged", ranges="10.9.0.2-10.9.0.9")
    seen["added"] = [row["name"] for row in pools if row[".id"] == created]
    pools.update(**{".id": created, "ranges": "10.9.1.2-10.9.1.9"})
    seen["changed"] = [row["ranges"] for row in pools if row["name"] == "judged"]
    pools.remove(created)
    seen["removed"] = [row["name"] for row in pools if row["name"] == "judged"]
    try:
        list(api.path("no", "such", "menu"))
    except TrapError as trap:
        seen["trap"] = trap.message
    api.close()
    return seen


print(json.dumps(judge(*sys.argv[1:]), sort_keys=True))
