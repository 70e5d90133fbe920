// handlebars.js's side of the bench: reads {"name": {"source", "data"}} from the file given, then answers each line
// "<name> <seconds>" with one JSON line: renders per second, and once the text, so that the bytes can be compared.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.cwd() + "/");
const Handlebars = require("handlebars");
Handlebars.registerHelper("upper", (value) => String(value).toUpperCase());
Handlebars.registerHelper("capitalizeFirst", (value) => String(value).charAt(0).toUpperCase() + String(value).slice(1));
Handlebars.registerHelper("eq", function (one, other, options) {
  return one === other ? options.fn(this) : options.inverse(this);
});

const mails = JSON.parse(readFileSync(process.argv[2], "utf8"));
const compiled = {};
for (const [name, { source }] of Object.entries(mails)) compiled[name] = Handlebars.compile(source);

for await (const line of createInterface({ input: process.stdin })) {
  const [name, seconds] = line.split(" ");
  const [render, data] = [compiled[name], mails[name].data];
  const until = performance.now() + Number(seconds) * 1000;
  const start = performance.now();
  let count = 0;
  let kept = "";
  while (performance.now() < until) {
    for (let n = 0; n < 20; n++) kept = render(data);
    count += 20;
  }
  const rate = count / ((performance.now() - start) / 1000);
  process.stdout.write(JSON.stringify({ rate, text: kept }) + "\n");
}
