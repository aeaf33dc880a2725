import { describe, expect, it, vi } from "vitest";
import { Trash, UNDO_MS } from "../src/store/trash";

const GUJI = { id: "a", name: "Guji" };
const KENYA = { id: "b", name: "Kenya" };

function bin(remove = vi.fn(async (_id: string) => undefined as void)) {
  let due: (() => void) | null = null;
  const later = vi.fn((run: () => void, _ms: number) => {
    due = run;
    return () => (due = null);
  });
  return { trash: new Trash({ remove, later }), remove, later, pass: () => due?.(), isDue: () => due !== null };
}

describe("deleting with a way back", () => {
  it("hides at once and sends nothing before ten seconds have passed", () => {
    const { trash, remove, later, pass } = bin();
    trash.put([GUJI]);
    expect([...trash.hidden.value]).toEqual(["a"]);
    expect(later).toHaveBeenCalledWith(expect.any(Function), UNDO_MS);
    expect(remove).not.toHaveBeenCalled();
    pass();
    expect(remove.mock.calls).toEqual([["a"]]);
    expect([[...trash.hidden.value], trash.held.value]).toEqual([["a"], []]);
  });

  it("takes everything back that is held", () => {
    const { trash, remove, isDue } = bin();
    trash.put([GUJI]);
    trash.put([KENYA]);
    trash.undo();
    expect([isDue(), trash.hidden.value.size, trash.held.value]).toEqual([false, 0, []]);
    trash.flush();
    expect(remove).not.toHaveBeenCalled();
  });

  it("sends what is held when the person leaves, once", () => {
    const { trash, remove, isDue } = bin();
    trash.put([GUJI, KENYA]);
    trash.flush();
    trash.flush();
    expect(remove.mock.calls.flat()).toEqual(["a", "b"]);
    expect(isDue()).toBe(false);
  });

  it("shows a profile again that the daemon did not delete, and says why", async () => {
    const { trash } = bin(vi.fn(async (id: string) => {
      if (id === "a") throw new Error("The daemon cannot be reached.");
    }));
    trash.put([GUJI, KENYA]);
    trash.flush();
    await vi.waitFor(() => expect(trash.fault.value).toBe("Guji was not deleted. The daemon cannot be reached."));
    expect([...trash.hidden.value]).toEqual(["b"]);
  });
});
