import type { ErrorCode } from "../errors.ts";

/** What somebody needs to know who met an error: for `mkt explain`. */
export interface ErrorGuide {
  meaning: string;
  /** Why it usually happens in this product. */
  causes: readonly string[];
  /** What to do: a sentence, and the command that does it where there is one. */
  remedies: readonly { what: string; command?: string }[];
}

/** An entry for every code, `bug` among them: what is printed when mkt itself is wrong. */
export const ERROR_GUIDE: Readonly<Record<ErrorCode | "bug", ErrorGuide>> = {
  usage: {
    meaning: "The command line itself cannot be understood, so nothing was done.",
    causes: [
      "a command or flag that does not exist, or is written differently",
      "an argument is missing, or there is one too many",
      "a value is not one of those that the flag takes",
      "--as without --reason outside the local profile",
    ],
    remedies: [
      { what: "look at the command's arguments, flags and examples", command: "mkt help order" },
      { what: "let the shell complete it", command: "mkt completion bash" },
      { what: "see every command at once", command: "mkt schema" },
    ],
  },
  invalid: {
    meaning: "What was given can be understood but cannot be right, so nothing was done.",
    causes: [
      "an amount, e-mail, image or text outside of what is allowed",
      "the beginning of an id that several things share",
      "a page token of another list",
      "an unreadable configuration, scenario or catalogue file",
    ],
    remedies: [
      { what: "type more of the id; a list shows whole ones", command: "mkt order list -o name" },
      { what: "look at what the command takes", command: "mkt help publish" },
    ],
  },
  not_found: {
    meaning: "What was named does not exist, or not in this profile.",
    causes: [
      "an id of another marketplace, or of one that was reset",
      "another profile than the one that holds it",
      "a file that is not there",
      "a page that was published a moment ago and is still on its way to DynamoDB",
    ],
    remedies: [
      { what: "list what there is", command: "mkt order list" },
      { what: "see whether pages wait to be written", command: "mkt status" },
      { what: "apply what waits", command: "mkt relay" },
    ],
  },
  conflict: {
    meaning: "It contradicts something that is there already, so nothing was done.",
    causes: [
      "an e-mail or a category that exists already",
      "a publication that is paused or closed, or the buyer's own",
      "another open payment or dispute of the same order",
      "a review that was written before",
      "the last operator, who must remain",
    ],
    remedies: [
      { what: "look at what is there", command: "mkt order show ORDER" },
      { what: "see what is possible now", command: "mkt order why ORDER" },
    ],
  },
  out_of_stock: {
    meaning: "Fewer units are left than were wanted. Nothing was reserved, of no line.",
    causes: [
      "somebody else bought the last ones first",
      "a reservation holds them: it is released after 15 minutes without a payment",
    ],
    remedies: [
      { what: "see what can be bought", command: "mkt publication show PUBLICATION" },
      { what: "buy fewer", command: "mkt buy PUBLICATION:1" },
      {
        what: "as its seller, put more on sale",
        command: "mkt publication update PUBLICATION --add-stock 5",
      },
    ],
  },
  stale_version: {
    meaning: "Somebody changed it since the version that --if-version names. Nothing was changed.",
    causes: ["two people, or two scripts, edit one publication at the same time"],
    remedies: [
      { what: "read it again, with its version", command: "mkt publication show PUBLICATION" },
      {
        what: "repeat the change with that version",
        command: "mkt publication update PUBLICATION --price 25.00 --if-version 3",
      },
    ],
  },
  illegal_transition: {
    meaning:
      "What was asked for does not follow from the state in which it is. Nothing was changed.",
    causes: [
      "it went on in the meantime: it was paid, shipped, delivered or cancelled",
      "the order is final, or waits for something else first",
      "the provider knows another state than we do",
    ],
    remedies: [
      {
        what: "see what is possible now, and what blocks the rest",
        command: "mkt order why ORDER",
      },
      { what: "see how it came there", command: "mkt order show ORDER" },
      { what: "ask the providers for what was missed", command: "mkt reconcile" },
    ],
  },
  key_reused: {
    meaning:
      "This idempotency key was used for something else before. Nothing was done: a key stands for one request.",
    causes: [
      "a script that gives the same --key to different purchases",
      "a repeat whose lines, quantities or address were changed",
    ],
    remedies: [
      { what: "use a new key, or none: then mkt makes one", command: "mkt buy PUBLICATION:2" },
      {
        what: "to repeat what the key was used for, repeat it unchanged",
        command: "mkt buy PUBLICATION:2 --key KEY",
      },
    ],
  },
  declined: {
    meaning: "The payment or shipping provider refused. No money moved, and nothing was shipped.",
    causes: [
      "no funds, an expired or blocked card, a suspected fraud",
      "an address that the carrier does not serve",
      "a refund or capture that the provider does not allow",
    ],
    remedies: [
      { what: "see the reason", command: "mkt payment list --state rejected" },
      {
        what: "pay with another card while the reservation lasts",
        command: "mkt pay ORDER --card tok_approved",
      },
    ],
  },
  unavailable: {
    meaning:
      "A store or a provider did not answer, or not in time. What was committed before stays; the same command again is safe.",
    causes: [
      "the local stack is down, or one of its stores was taken down",
      "the network, or a credential of another profile",
      "a wait that ended before what it waited for",
      "mkt was installed anew while its stack ran",
    ],
    remedies: [
      { what: "see how the stores stand", command: "mkt status" },
      { what: "start them", command: "mkt up" },
      { what: "see why one does not start", command: "mkt logs" },
      { what: "finish what was left between two steps", command: "mkt reconcile" },
    ],
  },
  not_logged_in: {
    meaning: "Nobody is logged in on this terminal, or the session is over.",
    causes: [
      "no login yet in this profile",
      "the session expired, its user was banned, or the password was changed elsewhere",
    ],
    remedies: [
      { what: "log in", command: "mkt login ana@example.com" },
      { what: "on the local profile, become its operator again", command: "mkt up" },
    ],
  },
  not_allowed: {
    meaning: "Whoever is logged in may not do this.",
    causes: [
      "the thing belongs to somebody else",
      "it is for staff, and the user has no such role",
      "the user named by --as is banned",
      "it exists only on the local profile, as the simulators and the clock do",
    ],
    remedies: [
      { what: "see who you are and what roles you have", command: "mkt whoami" },
      {
        what: "as an operator, act for the owner",
        command: "mkt order show ORDER --as ana@example.com",
      },
      {
        what: "as an operator, grant the role",
        command: "mkt user grant ana@example.com support",
      },
    ],
  },
  rows_failed: {
    meaning: "Some of many were not done; the others were, and stay.",
    causes: [
      "rows of a catalogue that are not valid: the rejects file names each with its reason",
      "a command of mkt watch --exec that failed for some orders",
    ],
    remedies: [
      {
        what: "mend the rejected rows and publish that file",
        command: "mkt publish --from rejects.csv",
      },
      { what: "watch again: with a cursor it goes on where it was", command: "mkt help watch" },
    ],
  },
  check_failed: {
    meaning: "A check ran to its end and found that something is not as it must be.",
    causes: [
      "a scenario step with another result than expected",
      "a law that does not hold on the data: stock, money, pages",
      "a damaged file: an image, a dump, a simulator's journal",
    ],
    remedies: [
      { what: "see which law, and which order or publication", command: "mkt doctor" },
      { what: "see what can be mended by itself", command: "mkt doctor --repair" },
      { what: "see the failing step", command: "mkt run fixtures/demo.yaml" },
    ],
  },
  interrupted: {
    meaning: "It was stopped, by Ctrl-C or by answering no. What was committed before stays.",
    causes: [
      "Ctrl-C, or a question answered with no",
      "a question with nobody there to answer: --no-input, or no terminal",
    ],
    remedies: [
      { what: "begin again; what was done is not done twice with the same --key" },
      { what: "answer yes beforehand", command: "mkt reset --yes" },
    ],
  },
  bug: {
    meaning: "mkt itself is wrong: this was not foreseen. What was committed before stays.",
    causes: ["an error in mkt's code; its stack is printed"],
    remedies: [
      { what: "report it with the printed text" },
      { what: "see that no law was broken", command: "mkt doctor" },
    ],
  },
};
