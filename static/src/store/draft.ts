// A machine's document while it is edited, with what is wrong where.

import { computed, signal } from "@preact/signals";
import { listAt, put, without, type Doc, type Faults } from "../model/draft";

export class Draft {
  readonly doc = signal<Doc>({});
  readonly faults = signal<Faults>(new Map());
  /** The document as the daemon holds it; null for a machine that it does not know. */
  readonly kept = signal<Doc | null>(null);
  /** What there was before anything was typed. */
  readonly #start = signal<Doc>({});
  /** Whether something is typed that the daemon does not have. */
  readonly isChanged = computed(() => JSON.stringify(this.doc.value) !== JSON.stringify(this.#start.value));
  /** Whether saving opens the machine anew: more than its name is changed. */
  readonly opensAnew = computed(() => JSON.stringify({ ...this.doc.value, name: "" }) !== JSON.stringify({ ...this.#start.value, name: "" }));

  /** Starts from a document that the daemon holds. */
  load(doc: Doc): void {
    this.kept.value = doc;
    this.begin(doc);
  }

  /** Starts from a document that nobody holds yet. */
  begin(doc: Doc): void {
    this.#start.value = doc;
    this.discard();
  }

  /** Forgets what was typed. */
  discard(): void {
    this.doc.value = this.#start.peek();
    this.faults.value = new Map();
  }

  /** Puts a value at a place; what was wrong there, in it or with what is around it has to be judged anew. */
  put(pointer: string, value: unknown): void {
    this.doc.value = put(this.doc.peek(), pointer, value);
    const concerns = (place: string) => place === "" || place === pointer || place.startsWith(`${pointer}/`) || pointer.startsWith(`${place}/`);
    const left = [...this.faults.peek()].filter(([place]) => !concerns(place));
    if (left.length < this.faults.peek().size) this.faults.value = new Map(left);
  }

  /** Adds an item to a list; its place. */
  add(list: string, item: Doc): string {
    const items = listAt(this.doc.peek(), list);
    this.doc.value = put(this.doc.peek(), list, [...items, item]);
    return `${list}/${items.length}`;
  }

  /** Takes an item from a list. */
  remove(list: string, index: number): void {
    const left = listAt(this.doc.peek(), list).filter((_, at) => at !== index);
    this.doc.value = put(this.doc.peek(), list, left.length > 0 ? left : undefined);
    this.faults.value = without(this.faults.peek(), list, index);
  }
}

const drafts = new Map<string, Draft>();

/** The draft of a machine: one for all screens that edit it, so that nothing typed is lost on the way between them. */
export function draftOf(id: string | null): Draft {
  const key = id ?? "";
  const draft = drafts.get(key) ?? new Draft();
  drafts.set(key, draft);
  return draft;
}
