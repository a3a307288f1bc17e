import type { S3Client } from "@aws-sdk/client-s3";
import type { WriteObserver } from "../../domain/store-write.ts";

/** Tells of every object that is put: what kind it is, by the folder of its key. */
export function observeWrites(client: S3Client, observe: WriteObserver): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (request) => {
        const answer = await next(request);
        if (commandName === "PutObjectCommand" && "Key" in request.input) {
          const [folder] = String(request.input.Key).split("/", 1);
          observe({
            store: "S3",
            what: folder === "images" ? "image" : `${folder} file`,
            count: 1,
          });
        }
        return answer;
      },
    { step: "initialize", name: "observeWrites" },
  );
}
