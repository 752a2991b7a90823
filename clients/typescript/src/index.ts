/** The client of HireLoop's API. Paths, bodies and answers are those of its OpenAPI document. */
import createFetchClient, { type Client, type ClientOptions } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type { components, operations, paths, webhooks } from "./schema.js";

/** Every type of the API by its name, such as `Schemas["ScheduleResponse"]`. */
export type Schemas = components["schemas"];

/** Why a request came to nothing (RFC 9457): tell cases apart by `code`, show `detail` to a person. */
export type Problem = Schemas["Problem"];

/** The codes of problems that are known today, or one that a later server has added. */
export type ProblemCode = Problem["code"];

/** What a receiver of webhooks gets, to be told apart by `type`; a later server may send others. */
export type Webhook =
  | Schemas["RecruiterCopyWebhook"]
  | Schemas["LateRequestWebhook"]
  | Schemas["ConfirmedWebhook"]
  | Schemas["DeclinedWebhook"]
  | Schemas["EnteredWebhook"]
  | Schemas["FinishedWebhook"]
  | Schemas["NoShowWebhook"]
  | Schemas["InterviewerUnreachableWebhook"]
  | Schemas["AlertWebhook"];

export type HireLoopClient = Client<paths>;

export interface HireLoopOptions extends ClientOptions {
  /** Where the server is, such as `https://hire.example`. */
  baseUrl: string;
  /** An API key, `hl_…`. Whoever has it may do what its role allows: keep it out of pages for the public. */
  key: string;
}

/** Make a client: `client.GET`, `client.POST` and so on take a path of the API and what it needs. */
export function createClient({ key, ...options }: HireLoopOptions): HireLoopClient {
  const client = createFetchClient<paths>(options);
  client.use({
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${key}`);
      return request;
    },
  });
  return client;
}

/** Whether this is a problem of the API: a proxy in between may answer with something else. */
export function isProblem(value: unknown): value is Problem {
  return (
    typeof value === "object" &&
    value !== null &&
    "code" in value &&
    typeof value.code === "string" &&
    "status" in value &&
    typeof value.status === "number" &&
    "detail" in value &&
    typeof value.detail === "string"
  );
}
