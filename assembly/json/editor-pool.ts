// Editors at rest: a new body takes one of them, with what an earlier body had it allocate.

import { EditPlan } from "./edit-plan";
import { Editor } from "./editor";

// Not more than a busy worker has open at a time.
const MAX_IDLE: i32 = 64;
const idle: Editor[] = [];

/** An editor for a new body. */
export function takeEditor(plan: EditPlan): Editor {
  if (idle.length == 0) return new Editor(plan);
  const editor = idle.pop();
  editor.restart(plan);
  return editor;
}

/** Gives an editor back: nobody may use it any more. */
export function returnEditor(editor: Editor): void {
  if (idle.length < MAX_IDLE) idle.push(editor);
}
