// What a provider says about its answer beside the usage: that it is an error, with a status of 200
// or within a stream, or that the stream is complete. Comes in: names and values of members; goes
// out: the fields below. Kept between calls: the same.

import { isError, Key, Place } from "./answer-keys";
import { Usage } from "./usage";

const OK: u64 = 200;

// Members that together are an error: DashScope's has all three.
const HAS_CODE: u8 = 1;
const HAS_MESSAGE: u8 = 2;
const HAS_REQUEST_ID: u8 = 4;

export class Report extends Usage {
  /** Whether the provider has reported an error within its answer. */
  hasFailed: bool = false;
  /** Whether the provider has said that its stream is complete. */
  isDone: bool = false;
  /**
   * Of the current text: whether it reports an error; whether it is a chunk of a chat completion.
   */
  hasError: bool = false;
  isChunk: bool = false;

  /** Which members of an error have come: HAS_CODE and others. */
  private errorMembers: u8 = 0;

  /** The provider reports an error. */
  fail(): void {
    this.hasFailed = this.hasError = true;
  }

  /** Begins a new answer. */
  protected restartReport(): void {
    this.hasFailed = this.isDone = false;
  }

  /** Begins a new text of the same answer. */
  protected beginReport(): void {
    this.hasError = this.isChunk = false;
    this.errorMembers = 0;
  }

  /** The text has ended, and has neither a usage nor choices. */
  protected endReport(): void {
    if (this.errorMembers == (HAS_CODE | HAS_MESSAGE | HAS_REQUEST_ID)) this.fail();
  }

  /** Takes a text that `isWord` is true of. */
  protected noteWord(key: Key, word: Key, isEmpty: bool): void {
    if (word >= Key.Completed) this.isDone = true;
    if (word == Key.ChatChunk) this.isChunk = true;
    if (word == Key.Error || word == Key.Failed || (key == Key.ErrorCode && !isEmpty)) this.fail();
    if (key == Key.Code && !isEmpty) this.errorMembers |= HAS_CODE;
  }

  /** A member has a text that is not read. */
  protected noteText(place: Place, key: Key): void {
    if (isError(place, key)) this.fail();
    else if (place != Place.Top) return;
    else if (key == Key.Message) this.errorMembers |= HAS_MESSAGE;
    else if (key == Key.RequestId) this.errorMembers |= HAS_REQUEST_ID;
  }

  /** Takes a number outside a usage. */
  protected noteNumber(place: Place, key: Key, number: u64): void {
    if (number == 0) return;
    const isTop = place == Place.Top;
    if (key == (isTop ? Key.ErrorCode : Key.StatusCode) && (isTop || place == Place.Status)) {
      this.fail();
    } else if (isTop && key == Key.Code && number != OK) {
      this.errorMembers |= HAS_CODE;
    }
  }
}
