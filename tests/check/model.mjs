// SPDX-License-Identifier: MIT
// Prints what @aws-sdk/client-lambda says of the API, as JSON: model.mjs DIRECTORY, in which npm installed it.
// Operations, members and where they are sent come from its generated schemas, enums from its declarations.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const directory = path.resolve(process.argv[2]);
const sdk = createRequire(path.join(directory, "package.json"))("@aws-sdk/client-lambda");
const types = path.join(directory, "node_modules/@aws-sdk/client-lambda/dist-types/models");
const { version } = JSON.parse(
  readFileSync(path.join(types, "../../package.json"), "utf8"));

// interface name -> member -> the type as it is declared: "Runtime", "Runtime[]", "Record<string, string>"
const declared = new Map();
for (const file of readdirSync(types).filter((each) => each.endsWith(".d.ts"))) {
  const text = readFileSync(path.join(types, file), "utf8").replaceAll(/\/\*[^]*?\*\//g, "");
  for (const [, name, body] of text.matchAll(/export interface (\w+)[^{]*\{([^]*?)\n\}/g)) {
    const members = new Map();
    for (const [, member, type] of body.matchAll(/^\s*"?([\w-]+)"?\??: ([^;]+);/gm))
      members.set(member, type.replaceAll(/\s*\|\s*undefined/g, "").trim());
    declared.set(name, members);
  }
}

const KINDS = { 0: "string", 1: "number", 2: "boolean", 4: "timestamp", 5: "timestamp", 6: "timestamp",
  7: "timestamp", 15: "document", 21: "blob", 42: "blob" };
const LIST = 64;
const MAP = 128;
const TRAITS = { 1: "httpLabel", 16: "httpPayload" };

function traitsOf(traits) {
  if (typeof traits === "object") return traits;
  return Object.fromEntries(Object.entries(TRAITS).filter(([bit]) => traits & bit).map(([, name]) => [name, 1]));
}

// [schema, traits] of a member: a schema may be a function that gives it, or a pair of both.
function unwrap(schema) {
  const traits = {};
  for (;;) {
    if (typeof schema === "function") schema = schema();
    else if (Array.isArray(schema) && schema.length === 2) {
      Object.assign(traits, traitsOf(schema[1]));
      [schema] = schema;
    } else return [schema, traits];
  }
}

function enumOf(type) {
  const name = type?.replaceAll(/\[\]|Record<string, |>|\(|\)/g, "").split("|")[0].trim();
  const values = sdk[name];
  return values && typeof values === "object" && !Array.isArray(values) ? Object.values(values) : undefined;
}

function walk(out, where, schema, type, more, seen) {
  const add = (kind, also) => out.push({ path: where, kind, ...more, ...also });
  if (typeof schema === "number") {
    if (schema & LIST) {
      add("list");
      walk(out, `${where}[]`, schema & ~LIST, type, {}, seen);
    } else if (schema & MAP) {
      add("map");
      walk(out, `${where}{value}`, schema & ~MAP, type, {}, seen);
    } else add(KINDS[schema] ?? `? ${schema}`, { values: schema === 0 ? enumOf(type) : undefined });
    return;
  }
  const [kind, , name] = schema;
  if (kind === 0) add(KINDS[schema[4]] ?? "?");
  else if (kind === 1) {
    add("list");
    walk(out, `${where}[]`, unwrap(schema[4])[0], type, {}, seen);
  } else if (kind === 2) {
    add("map");
    walk(out, `${where}{value}`, unwrap(schema[5])[0], type, {}, seen);
  } else if (kind === 3 || kind === 4) {
    add("structure");
    if (!seen.includes(name)) members(out, where, schema, [...seen, name]);
  } else throw new Error(`${where}: kind ${kind} of ${name}`);
}

function members(out, where, schema, seen) {
  const [, , structure, , names, schemas, required = 0] = schema;
  names.forEach((name, index) => {
    const [below, traits] = unwrap(schemas[index]);
    const location = traits.httpLabel ? "label" : traits.httpQuery ? "query" : traits.httpHeader ? "header"
      : traits.httpPayload ? "payload" : "body";
    const more = { location, wire: traits.httpQuery ?? traits.httpHeader ?? name, required: index < required };
    walk(out, where ? `${where}.${name}` : name, below, declared.get(structure)?.get(name), more, seen);
  });
}

const operations = {};
for (const [key, schema] of Object.entries(sdk)) {
  if (!key.endsWith("$") || !Array.isArray(schema) || schema[0] !== 9) continue;
  const [, , name, traits, ...structures] = schema;
  const [taken, answered] = structures.map((each) => {
    const found = [];
    const [structure] = unwrap(each);
    if (Array.isArray(structure) && structure[0] === 3) members(found, "", structure, []);
    return found;
  });
  const [method, uri, status] = traits.http;
  const [pathname, query = ""] = uri.split("?");
  operations[name] = { method, path: pathname, status, query: query.split("=")[0], members: taken, answered };
}
console.log(JSON.stringify({ version, operations, runtimes: Object.values(sdk.Runtime) }, null, 1));
