// REST, typed: every answer is what its type says or a `RestError` whose message can be shown to a person.

import { hearDate } from "./clock";
import type {
  ClientView, DeedView, DriverAnswer, GivenToken, Health, HealthView, MachineSummary, Me, PastAlarm, PatchBody, ProbeView, Problem, ProblemField,
  ProfileDocument, ProfilePage, ProfileSummary, ProgramView, SaveBody, SerialPortView, SessionView, TaskView, TokenView, UserRole, UserView,
} from "../wire/types";
import type { Preset } from "../model/presets";

const TIMEOUT_MS = 10_000;

/** Why a request was not done. `status` is 0 where the daemon could not be reached at all. */
export class RestError extends Error {
  readonly status: number;
  readonly code: string;
  /** All faults of the body by JSON pointer. */
  readonly fields: ProblemField[];

  constructor(status: number, code: string, message: string, fields: ProblemField[] = []) {
    super(message);
    this.name = "RestError";
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

/** What went wrong, for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a request may carry besides its body. */
export type Call = { signal?: AbortSignal; clientId?: string };

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && typeof (value as Problem).detail === "string";
}

async function problemOf(answer: Response): Promise<RestError> {
  const body: unknown = await answer.json().catch(() => null);
  if (isProblem(body)) return new RestError(answer.status, body.code ?? "", body.detail, body.errors ?? []);
  return new RestError(answer.status, "", `The daemon answered ${answer.status} ${answer.statusText}`.trim());
}

function contentOf<T>(status: number, text: string): T {
  if (text === "") return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new RestError(status, "", "What answers there is not the daemon: its answer is no JSON");
  }
}

async function request<T>(method: string, path: string, body?: unknown, call: Call = {}): Promise<T> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  const cancel = () => abort.abort();
  call.signal?.addEventListener("abort", cancel);
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = body instanceof Blob ? "application/octet-stream" : "application/json";
  if (call.clientId !== undefined) headers["x-client-id"] = call.clientId;
  try {
    const init: RequestInit = { method, headers, signal: abort.signal, cache: "no-store" };
    if (body !== undefined) init.body = body instanceof Blob ? body : JSON.stringify(body);
    // A deletion is also sent by a page that is being left.
    if (method === "DELETE") init.keepalive = true;
    const answer = await fetch(path, init);
    hearDate(answer.headers.get("date"));
    if (!answer.ok) throw await problemOf(answer);
    const text = await answer.text();
    if (answer.headers.get("content-type")?.startsWith("text/plain; version=") === true) return text as T;
    return contentOf<T>(answer.status, text);
  } catch (error) {
    if (error instanceof RestError) throw error;
    if (call.signal?.aborted) throw new RestError(0, "ABORTED", "The request was withdrawn");
    const slow = abort.signal.aborted;
    const message = slow ? `The daemon did not answer within ${TIMEOUT_MS / 1000} s` : "The daemon cannot be reached";
    throw new RestError(0, slow ? "TIMEOUT" : "UNREACHABLE", `${message}. Is it running, and is this device on its network?`);
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener("abort", cancel);
  }
}

const machine = (id: string): string => `api/machines/${encodeURIComponent(id)}`;
const profile = (id: string): string => `api/profiles/${encodeURIComponent(id)}`;
const task = (id: string): string => `api/tasks/${encodeURIComponent(id)}`;
const program = (id: string): string => `api/programs/${encodeURIComponent(id)}`;

/** What a list of profiles is narrowed by. */
export type ProfileQuery = { q?: string; machine_id?: string; from?: string; to?: string; limit?: number; cursor?: string };

/** Which deeds are asked for: those before this id, done to this machine, by somebody whose name holds this. */
export type DeedQuery = { before?: number | undefined; machine: string; who: string };

/** What somebody or a program may do; `null` is all machines. */
export type Rights = { name: string | undefined; role: UserRole; machines: string[] | null };

/** Somebody as they shall be; without a password it stays as it is. */
export type UserDraft = Rights & { password?: string };

/** The part of an address that says what is asked for, of what was given. */
function search(query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
}

const get = <T>(path: string, call?: Call) => request<T>("GET", path, undefined, call);
const post = <T>(path: string, body?: unknown, call?: Call) => request<T>("POST", path, body, call);
const remove = <T = void>(path: string, call?: Call) => request<T>("DELETE", path, undefined, call);

/** The daemon's REST as this UI uses it. Paths are relative, so that a reverse proxy may put a prefix before them. */
export const rest = {
  /** Who is here. Whoever logs in does so with a cookie that no page can read. */
  me: () => get<Me>("api/auth/me"),
  logIn: (email: string, password: string) => post<Me>("api/auth/login", { email, password }),
  logOut: () => post<void>("api/auth/logout"),
  setUp: (admin: { token: string; email: string; name: string | undefined; password: string }) => post<Me>("api/auth/setup", admin),
  changePassword: (old: string, fresh: string) => post<Me>("api/auth/password", { old, new: fresh }),
  users: () => get<UserView[]>("api/users"),
  addUser: (user: UserDraft & { email: string }) => post<UserView>("api/users", user),
  changeUser: (email: string, user: UserDraft) => request<UserView>("PUT", `api/users/${encodeURIComponent(email)}`, user),
  removeUser: (email: string) => remove(`api/users/${encodeURIComponent(email)}`),
  tokens: () => get<TokenView[]>("api/tokens"),
  /** Gives out a token; its secret is told only now. */
  giveToken: (token: Rights & { expires_at: string | null }) => post<GivenToken>("api/tokens", token),
  revokeToken: (id: string) => remove(`api/tokens/${id}`),
  clients: () => get<ClientView[]>("api/clients"),
  dismiss: (id: number) => remove(`api/clients/${id}`),
  deeds: (query: DeedQuery) => get<DeedView[]>(`api/audit?${search(query)}`),
  health: (call?: Call) => get<Health>("health", call),
  machines: (call?: Call) => get<MachineSummary[]>("api/machines", call),
  addMachine: (config: unknown) => post<unknown>("api/machines", config),
  /** The whole document of a machine, as it is edited. */
  machineDocument: (id: string) => get<MachineDocument>(machine(id)),
  replaceMachine: (id: string, config: unknown) => request<MachineDocument>("PUT", machine(id), config),
  removeMachine: (id: string) => remove(machine(id)),
  probe: (config: unknown) => post<ProbeView>("api/probe", config),
  /** Known machines; a file beside the page. */
  presets: () => get<Preset[]>("presets.json"),
  serialPorts: () => get<SerialPortView[]>("api/serial-ports"),
  metrics: (call?: Call) => get<string>("metrics", call),
  machineHealth: (id: string, call?: Call) => get<HealthView>(`${machine(id)}/health`, call),
  pastAlarms: (id: string, call?: Call) => get<PastAlarm[]>(`${machine(id)}/alarms/history`, call),
  disconnect: (id: string) => post<DriverAnswer>(`${machine(id)}/disconnect`),
  connect: (id: string, call?: Call) => post<DriverAnswer>(`${machine(id)}/connect`, undefined, call),
  restart: (id: string, call?: Call) => post<void>(`${machine(id)}/restart`, undefined, call),
  stop: (id: string, call?: Call) => post<void>(`${machine(id)}/stop`, undefined, call),
  stopAll: (call?: Call) => post<void>("api/stop", undefined, call),
  /** The session with its curve; with `sinceMs` only what is newer than that session time. */
  session: (id: string, sinceMs: number | null, call?: Call) => {
    const since = sinceMs === null ? "" : `&since_ms=${Math.max(0, Math.floor(sinceMs))}`;
    return get<SessionView>(`${machine(id)}/session?include=series${since}`, call);
  },
  profiles: (query: ProfileQuery, call?: Call) => get<ProfilePage>(`api/profiles?${search(query)}`, call),
  profile: (id: string, call?: Call) => get<ProfileDocument>(profile(id), call),
  saveProfile: (body: SaveBody) => post<ProfileSummary>("api/profiles", body),
  /** Corrects a profile; what it is then comes back whole. */
  amendProfile: (id: string, body: PatchBody) => request<ProfileDocument>("PATCH", profile(id), body),
  deleteProfile: (id: string) => remove(profile(id)),
  tasks: () => get<TaskView[]>("api/tasks"),
  /** Asks for a job, in the name of the client in `call`. */
  startTask: (job: string, kwargs: Record<string, unknown>, call?: Call) => post<TaskView>(task(job), { kwargs }, call),
  pauseTask: (id: string) => post<TaskView>(`${task(id)}/pause`),
  resumeTask: (id: string) => post<TaskView>(`${task(id)}/resume`),
  cancelTask: (id: string) => remove<TaskView>(task(id)),
  cleanUpTask: (id: string) => remove(`${task(id)}/cleanup`),
  /** Address of a picture of a scan, counted from 1. */
  pictureUrl: (id: string, number: number): string => `${task(id)}/pictures/${number}`,
  programs: (machineId: string) => get<ProgramView[]>(`api/programs?machine_id=${encodeURIComponent(machineId)}`),
  allPrograms: () => get<ProgramView[]>("api/programs"),
  program: (id: string) => get<ProgramView>(program(id)),
  putProgram: (id: string, body: unknown) => request<ProgramView>("PUT", program(id), body),
  deleteProgram: (id: string) => remove(program(id)),
  startProgram: (id: string, call?: Call) => post<TaskView>(`${program(id)}/start`, undefined, call),
  /** Takes in a file; the daemon finds out what it is. */
  importProfile: (file: Blob) => post<ProfileSummary>("api/profiles/import?format=auto", file),
  exportUrl: (id: string, format: "json" | "alog" | "csv"): string => `${profile(id)}/export?format=${format}`,
};

/** The part of a machine's configuration that the cockpit looks at. */
export type MachineConfig = {
  id: string;
  name: string;
  kind: string;
  sampling_interval_ms?: number;
  channels?: { id: string; label?: string; unit?: string; group?: string }[];
  detection?: { dry_end_bt?: number | null; first_crack_bt?: number | null };
};

/** The whole of it. */
export type MachineDocument = MachineConfig & { [key: string]: unknown };
