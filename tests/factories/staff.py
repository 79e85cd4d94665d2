"""People of the bank at the console, through its front door."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from tael import staff
from tael.kernel import ids
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.staff import Role

PASSWORD = "silver boats at noon 18"
OTHER_PASSWORD = "two lamps by the river 27"


@dataclass
class Desk:
    """A browser at the console: its cookies, and a fresh key for every unsafe call."""

    http: httpx.AsyncClient
    login: str = ""
    staff_id: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str) -> httpx.Response:
        """Ask."""
        return await self.http.get(f"/api/staff{path}")

    async def post(
        self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None
    ) -> httpx.Response:
        """Act."""
        return await self.http.post(
            f"/api/staff{path}",
            json=body or {},
            headers={"Idempotency-Key": key or uuid4().hex, **self.headers},
        )

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        """Type a log-in and a password."""
        await self.get("/session")
        return await self.post("/sign-in", {"login": login, "password": password})

    async def propose(self, kind: str, terms: dict[str, Any]) -> httpx.Response:
        """Put something before somebody else."""
        body = {"kind": kind, "terms": terms, "reason": "a customer asked"}
        return await self.post("/approvals", body)

    async def proposed(self, kind: str, terms: dict[str, Any]) -> str:
        """The same, for tests in which it can be proposed; the approval's id."""
        reply = await self.propose(kind, terms)
        assert reply.status_code == 201, reply.text
        approval: str = reply.json()["approval"]
        return approval

    async def decide(
        self, approval: str, *, approve: bool = True, key: str | None = None
    ) -> httpx.Response:
        """Say yes or no to what somebody else proposed."""
        body = {"approve": approve, "reason": "looked at it"}
        return await self.post(f"/approvals/{approval}/decision", body, key=key)


@dataclass
class Office:
    """Where staff are hired, and desks are opened for them."""

    app: FastAPI
    database: Database

    def desk(self) -> Desk:
        """A browser that was never at the console."""
        transport = httpx.ASGITransport(app=self.app)
        return Desk(httpx.AsyncClient(transport=transport, base_url="https://localhost"))

    async def hire(
        self, login: str, *roles: Role, password: str = PASSWORD, change_due: bool = False
    ) -> str:
        """Give somebody a log-in; the person's id on the wire."""
        staff_id = staff.StaffId(ids.new_id())
        hashed = await self.app.state.services.pins.hash(staff_id, password, purpose="password")
        new = staff.NewColleague(
            staff_id=staff_id,
            login=login,
            name=f"{login.title()} Test",
            roles=frozenset(roles),
            password=hashed,
            change_due=change_due,
        )
        async with self.database.write() as session:
            await staff.add_colleague(session, new, staff.Actor(None), now=machine_now())
        return ids.wire("stf", staff_id)

    async def seated(self, login: str, *roles: Role) -> Desk:
        """Somebody hired and signed in."""
        hired = await self.hire(login, *roles)
        desk = self.desk()
        reply = await desk.sign_in(login)
        assert reply.status_code == 200, reply.text
        desk.login, desk.staff_id = login, hired
        return desk


@dataclass(frozen=True, slots=True)
class StaffCall:
    """One request of the console: what is sent and where."""

    method: str
    path: str
    body: dict[str, Any] | None = None

    async def send(self, desk: Desk) -> httpx.Response:
        """Send it from a desk, with a fresh key."""
        if self.method == "GET":
            return await desk.get(self.path)
        return await desk.post(self.path, self.body)


def staff_requests() -> dict[str, StaffCall]:
    """A well-formed request for every operation of the console, about what need not exist."""

    def no(prefix: str) -> str:
        return ids.wire(prefix, ids.new_id())

    def get(route: str, path: str | None = None) -> dict[str, StaffCall]:
        return {f"GET /staff{route}": StaffCall("GET", path or route)}

    def post(route: str, body: dict[str, Any], path: str | None = None) -> dict[str, StaffCall]:
        return {f"POST /staff{route}": StaffCall("POST", path or route, body)}

    approval = f"/approvals/{no('apv')}"
    why = {"reason": "because"}
    csv = "wallet,amount,memo\n13800001234,1,\n"
    payout = {"csv": csv, "name": "x", "account": 1900, **why}
    reversal = {"kind": "ledger.reversal", "terms": {"movement": no("mov")}, **why}
    return {
        **get("/session"),
        **post("/sign-in", {"login": "somebody", "password": OTHER_PASSWORD}),
        **post("/password", {"present": OTHER_PASSWORD, "chosen": "another long sentence"}),
        **post("/sign-out", {}),
        **get("/today"),
        **get("/log"),
        **get("/trial-balance"),
        **get("/movements"),
        **get("/movements/{movement}", f"/movements/{no('mov')}"),
        **post("/accounts/lookup", {"who": ""}),
        **get("/acts"),
        **get("/approvals"),
        **get("/approvals/{approval}", approval),
        **post("/approvals", reversal),
        **post("/approvals/{approval}/decision", {"approve": True, **why}, f"{approval}/decision"),
        **post("/approvals/{approval}/withdrawal", why, f"{approval}/withdrawal"),
        **post("/payouts/check", {"csv": csv}),
        **post("/payouts", payout),
        **get("/payouts/{payout}", f"/payouts/{no('pyt')}"),
        **get("/closes"),
        **get("/closes/{day}", "/closes/2026-01-01"),
        **get("/reconciliation/runs"),
        **get("/reconciliation/runs/{day}", "/reconciliation/runs/2026-01-01"),
        **get("/reconciliation/breaks"),
        **get("/reconciliation/breaks/{break_id}", f"/reconciliation/breaks/{no('brk')}"),
    }
