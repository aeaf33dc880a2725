// The moves of the controls over a session, for the lanes under the curve: step functions, one per channel.

/** One move: session time and value 0 to 1. */
export type Move = [atMs: number, value: number];

export class LaneStore {
  #lanes = new Map<string, Move[]>();
  #revision = 0;

  /** Changes whenever anything does. */
  get revision(): number {
    return this.#revision;
  }

  /** Moves by channel, ascending in time. */
  get lanes(): ReadonlyMap<string, readonly Move[]> {
    return this.#lanes;
  }

  /** Notes what a control stood at. Only changes are kept. */
  note(channel: string, atMs: number, value: number): void {
    const lane = this.#lanes.get(channel);
    if (lane === undefined) {
      this.#lanes.set(channel, [[atMs, value]]);
      this.#revision += 1;
      return;
    }
    let at = lane.length;
    while (at > 0 && (lane[at - 1]?.[0] ?? 0) > atMs) at -= 1;
    if (lane[at - 1]?.[1] === value) return;
    const isSameMoment = lane[at - 1]?.[0] === atMs;
    lane.splice(isSameMoment ? at - 1 : at, isSameMoment ? 1 : 0, [atMs, value]);
    this.#revision += 1;
  }

  /** The session clock was zeroed when it stood at `zeroMs`: what came before stays, as negative time. */
  keepAsPreheat(zeroMs: number): void {
    const shifted = [...this.#lanes].map(([id, moves]): [string, Move[]] => [id, moves.map(([ms, value]): Move => [Math.min(0, ms - zeroMs), value])]);
    this.#lanes = new Map(shifted);
    this.#revision += 1;
  }

  /** Forgets all moves, but not where the controls stand: those hold on into the new session. */
  restart(): void {
    const last = [...this.#lanes].map(([id, moves]): [string, Move[]] => [id, moves.length === 0 ? [] : [[0, moves.at(-1)?.[1] ?? 0]]]);
    this.#lanes = new Map(last);
    this.#revision += 1;
  }
}
