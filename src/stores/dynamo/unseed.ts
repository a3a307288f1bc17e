import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import pMap from "p-map";
import { postingsOf } from "../../domain/postings.ts";
import type { PublicationPage } from "../../domain/publication.ts";
import { analyse } from "../../domain/text.ts";
import { type Item, type Key, type Write, writeAll } from "./batch.ts";
import type { Table } from "./client.ts";
import { type Form, formKey, listKey } from "./vocabulary.ts";

export type RunItemStore = ReturnType<typeof runItemStore>;

/** Ids of what is gone from Aurora. */
export interface GoneIds {
  users: ReadonlySet<string>;
  publications: ReadonlySet<string>;
  categories: ReadonlySet<string>;
}

/** What one pass through the table took out, and which of home's sections show something that is gone. */
export interface TakenOut {
  items: number;
  sections: string[];
}

/** As many requests at once as a scan is divided into. */
const PARTS = 4;
const SECTION = "SECTION#";

/** Takes everything of users and publications that are gone out of the table. */
export const runItemStore = (table: Table) => ({
  /**
   * Goes through the whole table once. Pages go last, since by their words the vocabulary is put right: a pass
   * that is cut off can be done again.
   */
  takeOut: async (gone: GoneIds, progress: (items: number) => void): Promise<TakenOut> => {
    const found = finding(gone);
    let seen = 0;
    let taken = 0;
    await pMap(Array.from({ length: PARTS }).keys(), async (part) => {
      for await (const items of scan(table, part)) {
        const keys = items.flatMap(found.hear);
        await writeAll(table, keys.map(remove));
        taken += keys.length;
        seen += items.length;
        progress(seen);
      }
    });
    await writeAll(table, found.corrections());
    await writeAll(table, found.pages.map(remove));
    return { items: taken + found.pages.length, sections: found.sections };
  },

  /** Sections of home whose category is gone. */
  dropSections: (names: readonly string[]): Promise<void> =>
    writeAll(
      table,
      names.map((name) => remove({ pk: "HOME", sk: `${SECTION}${name}` })),
    ),
});

async function* scan(table: Table, part: number): AsyncGenerator<Item[]> {
  let start: Item | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await table.client.send(
      new ScanCommand({
        TableName: table.name,
        Segment: part,
        TotalSegments: PARTS,
        ConsistentRead: true,
        ExclusiveStartKey: start,
      }),
    );
    yield Items;
    start = LastEvaluatedKey;
  } while (start);
}

/** Hears of every item: gives the key of what goes, and says at the end what is to be put right. */
function finding({ users, publications, categories }: GoneIds) {
  const pages: Key[] = [];
  const sections: string[] = [];
  /** Words of pages that go, and of those that stay. */
  const formerForms = new Map<string, Key>();
  const livingForms = new Set<string>();
  /** Lists that lose postings, and how many each list keeps. */
  const touched = new Set<string>();
  const kept = new Map<string, number>();

  const hearPage = (item: Item, key: Key) => {
    const isGone = publications.has(String(item.id));
    const page = item as unknown as PublicationPage;
    for (const form of analyse(page).forms.keys()) {
      const word: Pick<Form, "form" | "language"> = { form, language: page.language };
      const place = formKey(word);
      if (isGone) formerForms.set(place.sk, place);
      else livingForms.add(place.sk);
    }
    if (!isGone) return;
    pages.push(key);
    for (const { list } of postingsOf(page, page.revision)) touched.add(list);
  };
  const hearSection = (item: Item, key: Key) => {
    const cards = Array.isArray(item.cards) ? (item.cards as { id?: unknown }[]) : [];
    const name = key.sk.slice(SECTION.length);
    const isOfCategory = categories.has(name.slice("category:".length));
    if (isOfCategory || cards.some(({ id }) => publications.has(String(id)))) sections.push(name);
  };
  const isOfGone = (item: Item): boolean => {
    const { publicationId } = (item.data ?? {}) as { publicationId?: unknown };
    return users.has(String(item.userId)) || publications.has(String(publicationId));
  };
  return {
    pages,
    sections,
    hear: (item: Item): Key[] => {
      const key = { pk: String(item.pk), sk: String(item.sk) };
      const [kind = "", id = ""] = key.pk.split("#", 2);
      switch (kind) {
        case "PUBLICATION":
          hearPage(item, key);
          return [];
        case "WORD": {
          if (publications.has(String(item.publicationId))) return [key];
          const list = key.pk.slice("WORD#".length);
          kept.set(list, (kept.get(list) ?? 0) + 1);
          return [];
        }
        case "QUESTION":
          return publications.has(String(item.publicationId)) ? [key] : [];
        case "INBOX":
          return users.has(id) ? [key] : [];
        case "ACTIVITY":
          return isOfGone(item) ? [key] : [];
        case "HOME":
          hearSection(item, key);
          return [];
        default:
          return [];
      }
    },
    corrections: function* (): Generator<Write> {
      for (const [name, key] of formerForms) if (!livingForms.has(name)) yield remove(key);
      for (const list of touched) {
        const documents = kept.get(list) ?? 0;
        if (documents === 0) yield remove(listKey(list));
        else yield { put: { ...listKey(list), list, documents } };
      }
    },
  };
}

const remove = (key: Key): Write => ({ remove: key });
