import { createHmac } from "node:crypto";
import { idFrom } from "../ids.ts";

/** Gives what stands for something personal: the same for the same, and of a salt that nobody keeps. */
export interface Pseudonyms {
  userId(id: string, createdAt: string): string;
  email(text: string): string;
  name(text: string): string;
  address(text: string): string;
  instrument(text: string): string;
  lastFour(text: string): string;
  trackingCode(text: string): string;
  place(text: string): string;
}

const NAMES = [
  ...["Alba", "Bruno", "Carla", "Dario", "Elena", "Fabio", "Gala", "Hugo", "Irene", "Joel"],
  ...["Karen", "Lucas", "Marta", "Nicolas", "Olga", "Pablo", "Quima", "Ramiro", "Sara", "Tomas"],
  ...["Ursula", "Vera", "Walter", "Ximena", "Yago", "Zoe"],
];
const FAMILIES = [
  ...["Acosta", "Benitez", "Cardozo", "Dominguez", "Escobar", "Ferreyra", "Godoy", "Herrera"],
  ...["Ibarra", "Juarez", "Ledesma", "Maidana", "Navarro", "Ojeda", "Peralta", "Quiroga"],
];
const STREETS = ["Cedar", "Jacaranda", "Linden", "Magnolia", "Oak", "Poplar", "Tipa", "Willow"];

export function pseudonyms(salt: Uint8Array): Pseudonyms {
  const digest = (kind: string, text: string) =>
    createHmac("sha256", salt).update(`${kind}\0${text.trim().toLowerCase()}`).digest();
  const code = (kind: string, text: string) => digest(kind, text).toString("hex", 8, 14);
  const one = (words: readonly string[], bytes: Buffer, at: number) =>
    words[bytes.readUInt16BE(at) % words.length];
  return {
    userId: (id, createdAt) => idFrom(digest("user", id).toString("hex"), createdAt),
    email: (text) => `user-${code("email", text)}@example.com`,
    name: (text) => {
      const bytes = digest("name", text);
      return `${one(NAMES, bytes, 0)} ${one(FAMILIES, bytes, 2)}`;
    },
    address: (text) => {
      const bytes = digest("address", text);
      return `${one(STREETS, bytes, 0)} Street ${1 + (bytes.readUInt32BE(2) % 9_999)}`;
    },
    instrument: (text) => `instrument-${code("instrument", text)}`,
    lastFour: (text) => String(digest("card", text).readUInt32BE(0) % 10_000).padStart(4, "0"),
    trackingCode: (text) => `TRACK-${code("tracking", text).toUpperCase()}`,
    place: (text) => `Place ${code("place", text)}`,
  };
}
