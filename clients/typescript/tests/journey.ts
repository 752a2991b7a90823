// A booking's life over the client, against the server in HIRELOOP_URL. Prints what it saw as JSON, for a test to judge.
import { createClient, isProblem, type Problem, type ProblemCode, type Schemas } from "hireloop-client";

declare const process: { env: Record<string, string | undefined> };

const client = createClient({ baseUrl: process.env["HIRELOOP_URL"] ?? "", key: process.env["HIRELOOP_KEY"] ?? "" });
const seen: Record<string, unknown> = {};

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

function done<T>({ data, error, response }: Answer<T>): T {
  if (data === undefined) {
    throw new Error(`${response.status} ${JSON.stringify(error)}`);
  }
  return data;
}

function problem({ error }: Answer<unknown>): Problem {
  if (!isProblem(error)) {
    throw new Error(`no problem: ${JSON.stringify(error)}`);
  }
  return error;
}

/** What a frontend would do about it. */
function kind(code: ProblemCode): string {
  switch (code) {
    case "slot-full":
    case "slot-past":
    case "slot-withdrawn":
      return "another slot";
    case "interview-already-scheduled":
      return "move it";
    case "candidate-busy":
      return "another time";
    default:
      return "show the detail";
  }
}

async function interview(name: string): Promise<Schemas["InterviewResponse"]> {
  const candidate = { full_name: name, email: `${name.toLowerCase()}@example.com`, time_zone: "Asia/Kolkata" };
  const body = { candidate, job: { title: "Platform Engineer", company: "Acme" } };
  return done(await client.POST("/api/interviews/", { body }));
}

async function slot(fromNowMinutes: number): Promise<Schemas["SlotDetails"]> {
  const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
  const body = { starts_at: at(fromNowMinutes), ends_at: at(fromNowMinutes + 45) };
  return done(await client.POST("/api/interviews/slots/", { body }));
}

function book(slotId: string, interviewId: string, key?: string) {
  return client.POST("/api/interviews/slots/{slot_id}/book_slot/", {
    params: { path: { slot_id: slotId }, ...(key === undefined ? {} : { header: { "Idempotency-Key": key } }) },
    body: { interview_id: interviewId, booking_notes: "Bring an idea." },
  });
}

const [asha, ravi] = [await interview("Asha"), await interview("Ravi")];
const [first, second] = [await slot(60), await slot(180)];

const booked = await book(first.id, asha.id, "booking-1");
const schedule = done(booked);
seen["booked"] = { status: booked.response.status, state: schedule.state, invitation: schedule.invitation.state };
seen["link"] = schedule.session.portal_url;

const repeated = await book(first.id, asha.id, "booking-1");
seen["repeated"] = {
  status: repeated.response.status,
  same: done(repeated).id === schedule.id,
  replayed: repeated.response.headers.get("Idempotency-Replayed"),
};

const again = await book(first.id, asha.id);
seen["again"] = { status: again.response.status, same: done(again).id === schedule.id };

const reused = problem(await book(first.id, ravi.id, "booking-1"));
seen["reused"] = { status: reused.status, code: reused.code };

const full = problem(await book(first.id, ravi.id));
const elsewhere = problem(await book(second.id, asha.id));
seen["conflicts"] = [full, elsewhere].map(({ status, code }) => ({ status, code, then: kind(code) }));

const wrong = problem(
  await client.POST("/api/interviews/slots/", { body: { starts_at: second.ends_at, ends_at: second.starts_at } }),
);
seen["wrong"] = { status: wrong.status, code: wrong.code, field: wrong.errors?.[0]?.field };

const params = { path: { schedule_id: schedule.id } };
const read = await client.GET("/api/interviews/schedules/{schedule_id}/", { params });
seen["read"] = { status: read.response.status, invitation: done(read).invitation.deliveries.map((one) => one.kind) };
const etag = read.response.headers.get("ETag") ?? "";
const unchanged = await client.GET("/api/interviews/schedules/{schedule_id}/", {
  params: { ...params, header: { "If-None-Match": etag } },
});
seen["unchanged"] = unchanged.response.status;

const body = { reason: "The position is filled." };
const cancelled = done(await client.POST("/api/interviews/schedules/{schedule_id}/cancel/", { params, body }));
seen["cancelled"] = { state: cancelled.state, change: cancelled.changes.map((one) => one.change) };

const paged: string[] = [];
let after: string | undefined;
do {
  const query = { limit: 1, ...(after === undefined ? {} : { after }) };
  const page = done(await client.GET("/api/interviews/slots/", { params: { query } }));
  paged.push(...page.items.map((one) => one.id));
  after = page.next ?? undefined;
} while (after !== undefined);
seen["paged"] = paged.length === 2 && paged[0] === first.id && paged[1] === second.id;

const stranger = createClient({ baseUrl: process.env["HIRELOOP_URL"] ?? "", key: "hl_nobody" });
seen["stranger"] = problem(await stranger.GET("/api/interviews/slots/")).code;
seen["ready"] = done(await client.GET("/health/ready")).status;

console.log(JSON.stringify(seen));
