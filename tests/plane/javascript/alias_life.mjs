// SPDX-License-Identifier: MIT
// The whole life of an alias by the AWS SDK for JavaScript: alias_life.mjs ENDPOINT ZIP1 ZIP2
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as lambda from "@aws-sdk/client-lambda";

const [endpoint, first, second] = process.argv.slice(2);
const client = new lambda.LambdaClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: process.env.SECRET },
  maxAttempts: 1,
});
const call = (name, input) => client.send(new lambda[`${name}Command`](input));
const FunctionName = "hello";

async function refuses(Exception, name, input) {
  try {
    await call(name, input);
  } catch (error) {
    assert.ok(error instanceof Exception, `${name}: ${error}`);
    assert.ok(error.$metadata.requestId, "a request id");
    return error;
  }
  throw new Error(`${name} was not refused`);
}

const made = await call("CreateFunction", {
  FunctionName,
  Runtime: "nodejs22.x",
  Role: "arn:aws:iam::000000000000:role/lambda",
  Handler: "index.handler",
  Code: { ZipFile: readFileSync(first) },
  Environment: { Variables: { STAGE: "test" } },
});
assert.equal(made.State, "Pending");
await lambda.waitUntilFunctionActiveV2({ client, maxWaitTime: 60 }, { FunctionName });
assert.equal((await call("PublishVersion", { FunctionName })).Version, "1");
await call("UpdateFunctionCode", { FunctionName, ZipFile: readFileSync(second) });
await lambda.waitUntilFunctionUpdatedV2({ client, maxWaitTime: 60 }, { FunctionName });
assert.equal((await call("PublishVersion", { FunctionName })).Version, "2");

const alias = await call("CreateAlias", { FunctionName, Name: "PROD", FunctionVersion: "1" });
assert.equal(alias.RoutingConfig, undefined);
const moved = await call("UpdateAlias", {
  FunctionName,
  Name: "PROD",
  FunctionVersion: "2",
  RoutingConfig: { AdditionalVersionWeights: { 1: 0.25 } },
  RevisionId: alias.RevisionId,
});
assert.deepEqual(moved.RoutingConfig.AdditionalVersionWeights, { 1: 0.25 });
const stale = await refuses(lambda.PreconditionFailedException, "UpdateAlias", {
  FunctionName,
  Name: "PROD",
  RevisionId: alias.RevisionId,
});
assert.match(stale.message, /does not match the latest Revision Id/);
const got = await call("GetAlias", { FunctionName, Name: "PROD" });
assert.equal(got.RevisionId, moved.RevisionId);
const listed = [];
for await (const page of lambda.paginateListAliases({ client, pageSize: 1 }, { FunctionName }))
  listed.push(...page.Aliases);
assert.equal(listed.length, 1);
const versions = [];
for await (const page of lambda.paginateListFunctions({ client }, { FunctionVersion: "ALL" }))
  versions.push(...page.Functions.map((each) => each.Version));
assert.deepEqual(versions, ["$LATEST", "1", "2"]);

const run = await call("Invoke", { FunctionName, Qualifier: "2", Payload: "{}" });
assert.equal(run.ExecutedVersion, "2");
assert.equal(JSON.parse(run.Payload.transformToString()).ExecutedVersion, "2");
const permission = await call("AddPermission", {
  FunctionName,
  Qualifier: "PROD",
  StatementId: "s",
  Principal: "s3.amazonaws.com",
  Action: "lambda:InvokeFunction",
});
assert.match(JSON.parse(permission.Statement).Resource, /:hello:PROD$/);

await call("DeleteAlias", { FunctionName, Name: "PROD" });
const gone = await refuses(lambda.ResourceNotFoundException, "GetAlias", { FunctionName, Name: "PROD" });
assert.match(gone.Message ?? gone.message, /^Cannot find alias arn: /);
await refuses(lambda.InvalidParameterValueException, "DeleteFunction", { FunctionName, Qualifier: "PROD" });
await refuses(lambda.ResourceConflictException, "CreateFunction", {
  FunctionName,
  Runtime: "nodejs22.x",
  Role: "arn:aws:iam::000000000000:role/lambda",
  Handler: "index.handler",
  Code: { ZipFile: readFileSync(first) },
});
await call("DeleteFunction", { FunctionName });
console.log("done");
