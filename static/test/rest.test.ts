import { afterEach, describe, expect, it, vi } from "vitest";
import { rest, RestError } from "../src/link/rest";

const answer = (status: number, body: string, type = "application/problem+json") =>
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status, headers: { "content-type": type } })));
const refusal = async (call: Promise<unknown>): Promise<RestError> => {
  const caught: unknown = await call.then(() => null, (error: unknown) => error);
  if (!(caught instanceof RestError)) throw new Error("it was not refused");
  return caught;
};
afterEach(() => vi.unstubAllGlobals());

describe("REST", () => {
  it("turns a problem document into an error with every fault", async () => {
    answer(422, JSON.stringify({ type: "about:blank", title: "x", status: 422, detail: "2 faults", code: "INVALID", recoverable: true, errors: [{ pointer: "/name", detail: "is empty" }] }));
    expect(await refusal(rest.addMachine({}))).toMatchObject({ status: 422, code: "INVALID", message: "2 faults", fields: [{ pointer: "/name", detail: "is empty" }] });
  });

  it("says something even of an answer that is no problem document", async () => {
    answer(502, "<html>bad gateway</html>", "text/html");
    expect((await refusal(rest.machines())).message).toContain("502");
  });

  it("takes no page for an answer, and an empty one for what it is", async () => {
    answer(200, "<html>captive portal</html>", "text/html");
    expect((await refusal(rest.machines())).message).toContain("not the daemon");
    answer(202, "");
    await expect(rest.restart("p12")).resolves.toBeUndefined();
  });

  it("says that the daemon cannot be reached, and what to look at", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
    expect(await refusal(rest.machines())).toMatchObject({ status: 0, code: "UNREACHABLE", message: expect.stringContaining("Is it running") as string });
  });

  it("gives up after ten seconds and when it is withdrawn", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", (_: string, init: RequestInit) => new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")))));
    const slow = refusal(rest.machines());
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await slow).code).toBe("TIMEOUT");
    const abort = new AbortController();
    const withdrawn = refusal(rest.machines({ signal: abort.signal }));
    abort.abort();
    expect((await withdrawn).code).toBe("ABORTED");
    vi.useRealTimers();
  });

  it("escapes ids and says who asks", async () => {
    const seen: [string, Record<string, string>][] = [];
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
      seen.push([path, init.headers as Record<string, string>]);
      return Promise.resolve(new Response(null, { status: 204 }));
    });
    await rest.session("a/b?c", 1234.6, { clientId: "me" });
    await rest.profiles({ q: "guji & co", machine_id: "" });
    expect(seen[0]?.[0]).toBe("api/machines/a%2Fb%3Fc/session?include=series&since_ms=1234");
    expect(seen[0]?.[1]["x-client-id"]).toBe("me");
    expect(seen[1]?.[0]).toBe("api/profiles?q=guji+%26+co");
  });
});
