// Compiled and never run: each line must fit, but for those that are marked, which must not.
import {
  createClient,
  isProblem,
  type HireLoopClient,
  type Problem,
  type ProblemCode,
  type Schemas,
  type Webhook,
} from "hireloop-client";

const client: HireLoopClient = createClient({ baseUrl: "https://hire.example", key: "hl_" });
// @ts-expect-error a client needs a key
createClient({ baseUrl: "https://hire.example" });

// --- What has a default may be left out of a request, and what has none may not ---

const slot: Schemas["SlotFields"] = { starts_at: "2026-12-01T10:00:00Z", ends_at: "2026-12-01T10:45:00Z" };
const candidate: Schemas["CandidateFields"] = { full_name: "Asha Rao", email: "asha@example.com" };
const job: Schemas["JobFields"] = { title: "Baker", company: "Acme" };
const interview: Schemas["InterviewFields"] = { candidate, job };
const booking: Schemas["BookSlotFields"] = { interview_id: "01990000-0000-7000-8000-000000000003" };
const replay: Schemas["ReplayFields"] = {};
const cancel: Schemas["CancelFields"] = {};
// @ts-expect-error an end has no default
const endless: Schemas["SlotFields"] = { starts_at: "2026-12-01T10:00:00Z" };
// @ts-expect-error seats are a number
const seated: Schemas["SlotFields"] = { ...slot, seats: "2" };
// @ts-expect-error there is no such field
const unknown: Schemas["BookSlotFields"] = { ...booking, notes: "" };

// --- Problems: the known types are told apart, and one of tomorrow is no mistake ---

function said(problem: Problem): string {
  const code: ProblemCode = problem.code;
  switch (code) {
    case "slot-full":
    case "candidate-busy":
      return code;
    default: {
      const other: string = code; // and not `never`, however many are known
      return `${other}: ${problem.detail}`;
    }
  }
}

const ofTomorrow: Problem = { type: "https://hire.example/problems/slot-on-the-moon", code: "slot-on-the-moon", title: "Conflict", status: 409, detail: "It is far away." };
const known: ProblemCode = "slot-full";
// @ts-expect-error a type is a text
const numbered: ProblemCode = 409;

type KnownTypes<T> = T extends string ? (string extends T ? never : T) : never;
type IsAny<T> = 0 extends 1 & T ? true : false;
const isNotAny: IsAny<ProblemCode> = false;
const isNamed: Extract<KnownTypes<ProblemCode>, "slot-full"> = "slot-full";
// @ts-expect-error nobody knows it today: what editors offer are the known ones
const isOffered: Extract<KnownTypes<ProblemCode>, "slot-on-the-moon"> = "slot-on-the-moon";

// --- Requests and answers ---

export async function book(slotId: string): Promise<string> {
  const { data, error } = await client.POST("/api/interviews/slots/{slot_id}/book_slot/", {
    params: { path: { slot_id: slotId }, header: { "Idempotency-Key": "booking-4711" } },
    body: booking,
  });
  if (error) {
    return isProblem(error) ? said(error) : "no problem of HireLoop's";
  }
  const link: string | null = data.session.portal_url;
  const state: Schemas["InvitationState"] = data.invitation.state;
  // @ts-expect-error an answer has no such field
  data.portal_url;
  return link ?? state;
}

export async function refused(): Promise<void> {
  // @ts-expect-error there is no such path
  await client.GET("/api/interviews/slot/");
  // @ts-expect-error the slot is to be named
  await client.GET("/api/interviews/slots/{slot_id}/", {});
  // @ts-expect-error `limit` is a number
  await client.GET("/api/interviews/slots/", { params: { query: { limit: "many" } } });
  // @ts-expect-error a booking needs a body
  await client.POST("/api/interviews/slots/{slot_id}/book_slot/", { params: { path: { slot_id: "1" } } });
  await client.GET("/api/interviews/slots/"); // every filter may be left out
}

// --- Webhooks ---

export function told(webhook: Webhook): string {
  switch (webhook.type) {
    case "recruiter_copy":
      return webhook.data.change;
    case "late_request":
      return webhook.data.asked_at;
    case "confirmed":
      return webhook.data.confirmed_at;
    case "declined":
      return webhook.data.declined_at;
    case "entered":
      return webhook.data.entered_at;
    case "finished":
      return webhook.data.finished_at;
    case "no_show":
      return webhook.data.cause;
    case "interviewer_unreachable":
      return webhook.data.interviewer_email;
    case "alert":
      return webhook.data.cause;
  }
}

export const all = [slot, candidate, job, interview, replay, cancel, endless, seated, unknown, ofTomorrow, known, numbered, isNotAny, isNamed, isOffered];
