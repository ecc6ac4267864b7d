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


// What hangs off the alias, each made, shown, changed and deleted.
const prod = { FunctionName, Qualifier: "PROD" };
async function until(value, member, name, input) {
  const deadline = Date.now() + 60000;
  for (;;) {
    const shown = await call(name, input);
    if (shown[member] === value) return shown;
    assert.ok(Date.now() < deadline, `${name}: ${member} is ${shown[member]}, not ${value}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const policy = await call("GetPolicy", prod);
assert.deepEqual(JSON.parse(policy.Policy).Statement, [JSON.parse(permission.Statement)]);
await call("RemovePermission", { ...prod, StatementId: "s", RevisionId: policy.RevisionId });
await refuses(lambda.ResourceNotFoundException, "GetPolicy", prod);
const ResourceArn = moved.AliasArn;
const document = JSON.parse(policy.Policy);
const put = await call("PutResourcePolicy", { ResourceArn, Policy: JSON.stringify(document) });
assert.deepEqual(JSON.parse((await call("GetResourcePolicy", { ResourceArn })).Policy), document);
await call("DeleteResourcePolicy", { ResourceArn, RevisionId: put.RevisionId });

const url = await call("CreateFunctionUrlConfig", { ...prod, AuthType: "NONE", InvokeMode: "RESPONSE_STREAM" });
await call("UpdateFunctionUrlConfig", { ...prod, AuthType: "AWS_IAM", Cors: { AllowOrigins: ["*"] } });
const shown = await call("GetFunctionUrlConfig", prod);
assert.deepEqual([shown.AuthType, shown.FunctionUrl], ["AWS_IAM", url.FunctionUrl]);
assert.deepEqual(shown.Cors.AllowOrigins, ["*"]);
await call("DeleteFunctionUrlConfig", prod);
await refuses(lambda.ResourceNotFoundException, "GetFunctionUrlConfig", prod);

const mapping = await call("CreateEventSourceMapping", {
  FunctionName: `${FunctionName}:PROD`,
  EventSourceArn: "arn:aws:sqs:us-east-1:000000000000:queue",
  BatchSize: 5,
  Tags: { a: "1" },
});
const { UUID } = mapping;
assert.match(mapping.FunctionArn, /:hello:PROD$/);
assert.ok(mapping.LastModified instanceof Date);
await until("Enabled", "State", "GetEventSourceMapping", { UUID });
assert.equal((await call("UpdateEventSourceMapping", { UUID, BatchSize: 7 })).BatchSize, 7);
await until("Enabled", "State", "GetEventSourceMapping", { UUID });
assert.deepEqual((await call("ListTags", { Resource: mapping.EventSourceMappingArn })).Tags, { a: "1" });
assert.equal((await call("DeleteEventSourceMapping", { UUID })).State, "Deleting");

await call("PutFunctionEventInvokeConfig", { ...prod, MaximumRetryAttempts: 1 });
await call("UpdateFunctionEventInvokeConfig", { ...prod, MaximumEventAgeInSeconds: 120 });
const invoke = await call("GetFunctionEventInvokeConfig", prod);
assert.deepEqual([invoke.MaximumRetryAttempts, invoke.MaximumEventAgeInSeconds], [1, 120]);
assert.ok(invoke.LastModified instanceof Date);
await call("DeleteFunctionEventInvokeConfig", prod);
await refuses(lambda.ResourceNotFoundException, "GetFunctionEventInvokeConfig", prod);

await refuses(lambda.InvalidParameterValueException, "PutProvisionedConcurrencyConfig", {
  ...prod,
  ProvisionedConcurrentExecutions: 2,
});
await call("UpdateAlias", { FunctionName, Name: "PROD", RoutingConfig: { AdditionalVersionWeights: {} } });
await call("PutProvisionedConcurrencyConfig", { ...prod, ProvisionedConcurrentExecutions: 2 });
await until("READY", "Status", "GetProvisionedConcurrencyConfig", prod);
const provisioned = await call("ListProvisionedConcurrencyConfigs", { FunctionName });
assert.equal(provisioned.ProvisionedConcurrencyConfigs.length, 1);
await call("DeleteProvisionedConcurrencyConfig", prod);
await refuses(lambda.ProvisionedConcurrencyConfigNotFoundException, "GetProvisionedConcurrencyConfig", prod);

const Resource = made.FunctionArn;
await call("TagResource", { Resource, Tags: { team: "one", "cost center": "42" } });
await call("UntagResource", { Resource, TagKeys: ["cost center"] });
assert.deepEqual((await call("ListTags", { Resource })).Tags, { team: "one" });

// What only newer SDKs have.
const streamed = await call("InvokeWithResponseStream", { ...prod, Payload: "{}", LogType: "Tail" });
const pieces = [];
let complete;
for await (const event of streamed.EventStream) {
  if (event.PayloadChunk) pieces.push(Buffer.from(event.PayloadChunk.Payload));
  if (event.InvokeComplete) complete = event.InvokeComplete;
}
assert.equal(JSON.parse(Buffer.concat(pieces)).ExecutedVersion, "2");
assert.match(Buffer.from(complete.LogResult, "base64").toString(), /^START RequestId: /);
const layer = await call("PublishLayerVersion", { LayerName: "lib", Content: { ZipFile: readFileSync(first) } });
assert.equal((await call("GetLayerVersionByArn", { Arn: layer.LayerVersionArn })).Version, 1);
assert.deepEqual((await call("ListCapacityProviders", {})).CapacityProviders, []);
await refuses(lambda.ResourceNotFoundException, "GetCapacityProvider", { CapacityProviderName: "cp" });
assert.deepEqual((await call("ListDurableExecutionsByFunction", { FunctionName })).DurableExecutions, []);

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
