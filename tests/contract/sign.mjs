// Signs each line of the standard input ({"payload": …}) as @octokit/webhooks does; one signature a line.
// Run with: node sign.mjs DIRECTORY SECRET, where DIRECTORY has node_modules.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [directory, secret] = process.argv.slice(2);
const { resolve } = createRequire(join(directory, "package.json"));
const { Webhooks } = await import(pathToFileURL(resolve("@octokit/webhooks")));
const webhooks = new Webhooks({ secret });
for await (const line of createInterface({ input: process.stdin })) {
  const { payload, signature } = JSON.parse(line);
  console.log(signature ? await webhooks.verify(payload, signature) : await webhooks.sign(payload));
}
