// How the disk is that everything is kept on: in one word beside the rest, and with what to do where something is wrong.

import { fixed } from "../../model/format";
import type { StorageView, StorageWord } from "../../wire/types";
import { Banner } from "../../ui/Banner";
import { Chip } from "../../ui/Chip";

const WORDS: Record<StorageWord, string> = {
  ok: "disk", damaged: "disk: something is damaged", slow: "disk slow", low: "disk nearly full", full: "disk full", failing: "disk refuses",
};

const free = (bytes: number): string => (bytes < 1e9 ? `${fixed(bytes / 1e6, 0)} MB` : `${fixed(bytes / 1e9)} GB`);

/** Somebody must act now, before a roast is lost. */
const isUrgent = (state: StorageWord): boolean => state === "full" || state === "failing";

export function StorageChip({ storage: { state, free_bytes: bytes } }: { storage: StorageView }) {
  const words = `${WORDS[state]}${bytes === null ? "" : `: ${free(bytes)} free`}`;
  if (state === "ok") return <Chip code={state} testId="storage">{words}</Chip>;
  return <Chip icon="triangle" tone={isUrgent(state) ? "critical" : "warning"} code={state} testId="storage">{words}</Chip>;
}

export function StorageTroubles({ storage: { state, messages } }: { storage: StorageView }) {
  return (
    <>
      {messages.map((message, index) => (
        <Banner key={message} icon="triangle" tone={isUrgent(state) ? "critical" : "warning"} urgent={index === 0 && isUrgent(state)} testId="storage-trouble">
          {message.charAt(0).toUpperCase()}{message.slice(1)}.
        </Banner>
      ))}
    </>
  );
}
