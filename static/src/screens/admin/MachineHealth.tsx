// How well a machine's device answers, in figures and in its own last words.

import { fixed, moment } from "../../model/format";
import type { HealthView } from "../../wire/types";
import { Icon } from "../../ui/Icon";

const ms = (value: number | null): string => (value === null ? "––" : `${fixed(value, value < 10 ? 1 : 0)} ms`);

export function MachineHealth({ health, watchers }: { health: HealthView; watchers: number | undefined }) {
  const figures: [string, string | number][] = [
    ["answers", health.reads], ["half within", ms(health.latency_p50_ms)], ["99 of 100 within", ms(health.latency_p99_ms)], ["no answer", health.timeouts],
    ["unusable", health.protocol_errors], ["refused", health.rejected], ["orders", health.writes], ["orders failed", health.write_failures],
    ["link lost", health.losses], ["restarts", health.restarts], ...(watchers === undefined ? [] : [["watching", watchers] as [string, number]]),
  ];
  return (
    <>
      <dl class="figures">
        {figures.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
      {health.last_error !== null && (
        <p class="small"><Icon name="info" /> Last trouble{health.last_error_at === null ? "" : `, ${moment(health.last_error_at)}`}: {health.last_error}</p>
      )}
    </>
  );
}
