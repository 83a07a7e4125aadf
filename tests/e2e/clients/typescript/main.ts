// Works with the desk through the types that openapi-typescript made from its document.
import createClient from "openapi-fetch";

import type { paths } from "./desk.js";

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

/** The answer of a call that went well. */
function good<T>(answer: { data?: T; error?: { error: string }; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.url}: ${answer.response.status} ${answer.error?.error}`);
  }
  return answer.data;
}

const desk = createClient<paths>({ baseUrl: setting("DESK_URL") });

const session = good(
  await desk.POST("/api/auth/login", {
    body: { email: setting("DESK_EMAIL"), password: setting("DESK_PASSWORD") },
  }),
);
desk.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${session.access_token}`);
    return request;
  },
});

const { ticket } = good(
  await desk.POST("/api/tickets", {
    params: { header: { "Idempotency-Key": setting("DESK_CALL") } },
    body: {
      project_id: Number(setting("DESK_PROJECT")),
      subject: "Filed by a generated client",
      description: "Written in TypeScript.",
      priority: "high",
    },
  }),
);
const { message } = good(
  await desk.POST("/api/tickets/{id}/messages", {
    params: { path: { id: ticket.id } },
    body: { body: "We are looking into it." },
  }),
);
const page = good(
  await desk.GET("/api/tickets", { params: { query: { status: "open", per_page: 5 } } }),
);
const overview = good(await desk.GET("/api/reports/overview"));
if (typeof overview === "string") {
  throw new Error("CSV, which nobody asked for");
}
const missing = await desk.GET("/api/tickets/{id}", { params: { path: { id: 999999999 } } });

console.log(
  JSON.stringify({
    number: ticket.ticket_number,
    listed: page.data.map((row) => row.ticket_number),
    reply: message.type,
    reported: overview.total_tickets >= 0,
    missing: missing.error?.error,
  }),
);
