/* SPDX-License-Identifier: MIT */
#include "backend/local/store/store.h"

/*
 * Versions are numbers: 0 is $LATEST, 2^63-1 $LATEST.PUBLISHED. Times are milliseconds since the
 * epoch. What hangs off a function, a version or an alias names it by (function, qualifier) with ''
 * for the function itself, and goes away with it.
 */
/* In pieces: C promises no string longer than 4095 bytes. */
const char *const store_schema[] = {
	"PRAGMA user_version = 1;"

	"CREATE TABLE function ("
	"  name TEXT PRIMARY KEY NOT NULL,"
	"  tags TEXT NOT NULL DEFAULT '{}',"
	"  reserved INTEGER,"
	"  recursion TEXT,"
	"  code_signing TEXT,"
	"  last_published INTEGER NOT NULL DEFAULT 0," /* the version that PublishVersion compares with */
	"  published_digest BLOB"                      /* of $LATEST when that was published */
	") WITHOUT ROWID;"

	/* Outlives the function: numbers are never used twice under one name. */
	"CREATE TABLE high_water (name TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL) "
	"WITHOUT ROWID;"

	"CREATE TABLE version ("
	"  function TEXT NOT NULL REFERENCES function(name) ON DELETE CASCADE,"
	"  number INTEGER NOT NULL,"
	"  configuration TEXT NOT NULL," /* JSON: what does not change by itself, without the code */
	"  description TEXT NOT NULL,"
	"  role TEXT NOT NULL,"
	"  code TEXT NOT NULL,"        /* hexadecimal SHA-256: the name of the zip; '' for images */
	"  code_sha256 TEXT NOT NULL," /* as AWS shows it */
	"  code_size INTEGER NOT NULL,"
	"  image_uri TEXT,"
	"  last_modified INTEGER NOT NULL,"
	"  revision_id TEXT NOT NULL,"         /* until `settles` */
	"  settled_revision_id TEXT NOT NULL," /* from then on */
	"  settles INTEGER NOT NULL,"
	"  change TEXT NOT NULL," /* what is settling: created, updated; "\nCODE\nREASON" when it fails */
	"  PRIMARY KEY (function, number)"
	");"
	"CREATE INDEX version_by_code ON version(code);"

	"CREATE TABLE alias ("
	"  function TEXT NOT NULL REFERENCES function(name) ON DELETE CASCADE,"
	"  name TEXT NOT NULL,"
	"  version INTEGER NOT NULL,"
	"  weighted_version INTEGER,"
	"  weight REAL,"
	"  description TEXT NOT NULL,"
	"  revision_id TEXT NOT NULL,"
	"  PRIMARY KEY (function, name),"
	"  FOREIGN KEY (function, version) REFERENCES version(function, number) "
	"    DEFERRABLE INITIALLY DEFERRED,"
	"  FOREIGN KEY (function, weighted_version) REFERENCES version(function, number) "
	"    DEFERRABLE INITIALLY DEFERRED"
	") WITHOUT ROWID;"
	"CREATE INDEX alias_by_version ON alias(function, version);"
	"CREATE INDEX alias_by_weighted_version ON alias(function, weighted_version);"

	"CREATE TABLE policy ("
	"  function TEXT NOT NULL REFERENCES function(name) ON DELETE CASCADE,"
	"  qualifier TEXT NOT NULL,"
	"  statements TEXT NOT NULL,"
	"  revision_id TEXT NOT NULL,"
	"  PRIMARY KEY (function, qualifier)"
	") WITHOUT ROWID;"

	"CREATE TABLE event_invoke ("
	"  function TEXT NOT NULL REFERENCES function(name) ON DELETE CASCADE,"
	"  qualifier TEXT NOT NULL,"
	"  configuration TEXT NOT NULL,"
	"  last_modified INTEGER NOT NULL,"
	"  PRIMARY KEY (function, qualifier)"
	") WITHOUT ROWID;"

	"CREATE TABLE url ("
	"  function TEXT NOT NULL REFERENCES function(name) ON DELETE CASCADE,"
	"  qualifier TEXT NOT NULL,"
	"  id TEXT NOT NULL,"
	"  configuration TEXT NOT NULL,"
	"  created INTEGER NOT NULL,"
	"  last_modified INTEGER NOT NULL,"
	"  PRIMARY KEY (function, qualifier)"
	") WITHOUT ROWID;"

	"CREATE TABLE provisioned ("
	"  function TEXT NOT NULL REFERENCES function(name) ON DELETE CASCADE,"
	"  qualifier TEXT NOT NULL,"
	"  requested INTEGER NOT NULL,"
	"  settles INTEGER NOT NULL,"
	"  last_modified INTEGER NOT NULL,"
	"  PRIMARY KEY (function, qualifier)"
	") WITHOUT ROWID;"

	"CREATE TABLE runtime_management ("
	"  function TEXT NOT NULL REFERENCES function(name) ON DELETE CASCADE,"
	"  version INTEGER NOT NULL,"
	"  configuration TEXT NOT NULL,"
	"  PRIMARY KEY (function, version)"
	") WITHOUT ROWID;"

	,

	/* Event source mappings outlive the function that they name. */
	"CREATE TABLE mapping ("
	"  uuid TEXT PRIMARY KEY NOT NULL,"
	"  function TEXT NOT NULL,"
	"  qualifier TEXT NOT NULL,"
	"  source TEXT NOT NULL,"
	"  configuration TEXT NOT NULL,"
	"  tags TEXT NOT NULL DEFAULT '{}',"
	"  change TEXT NOT NULL," /* what is settling: Creating, Updating, Enabling, Disabling, Deleting */
	"  settled_state TEXT NOT NULL,"
	"  settles INTEGER NOT NULL,"
	"  last_modified INTEGER NOT NULL"
	") WITHOUT ROWID;"
	"CREATE INDEX mapping_by_function ON mapping(function, qualifier);"

	"CREATE TABLE change ("
	"  sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  time INTEGER NOT NULL,"
	"  operation TEXT NOT NULL,"
	"  function TEXT,"
	"  qualifier TEXT,"
	"  version TEXT,"
	"  detail TEXT,"
	"  request_id TEXT"
	");"

	/* Kept by triggers, so that asking costs nothing. */
	"CREATE TABLE usage (functions INTEGER NOT NULL, code_size INTEGER NOT NULL,"
	"  reserved INTEGER NOT NULL);"
	"INSERT INTO usage VALUES (0, 0, 0);"
	"CREATE TRIGGER function_added AFTER INSERT ON function BEGIN"
	"  UPDATE usage SET functions = functions + 1, reserved = reserved + ifnull(NEW.reserved, "
	"0);"
	"END;"
	"CREATE TRIGGER function_removed AFTER DELETE ON function BEGIN"
	"  UPDATE usage SET functions = functions - 1, reserved = reserved - ifnull(OLD.reserved, "
	"0);"
	"END;"
	"CREATE TRIGGER function_reserved AFTER UPDATE OF reserved ON function BEGIN"
	"  UPDATE usage SET reserved = reserved - ifnull(OLD.reserved, 0) + ifnull(NEW.reserved, "
	"0);"
	"END;"
	"CREATE TRIGGER version_added AFTER INSERT ON version BEGIN"
	"  UPDATE usage SET code_size = code_size + NEW.code_size;"
	"END;"
	"CREATE TRIGGER version_removed AFTER DELETE ON version BEGIN"
	"  UPDATE usage SET code_size = code_size - OLD.code_size;"
	"END;"
	"CREATE TRIGGER version_resized AFTER UPDATE OF code_size ON version BEGIN"
	"  UPDATE usage SET code_size = code_size - OLD.code_size + NEW.code_size;"
	"END;"

	/* The secret that signs download links, so that every process on this directory honours them. */
	"CREATE TABLE secret (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
	"INSERT INTO secret VALUES ('download', randomblob(32));",
	NULL,
};

/* What version 2 added: layers, code signing configurations, scaling, whole policy documents. */
const char *const store_schema_2[] = {
	"PRAGMA user_version = 2;"

	/* Outlives its versions: numbers are never used twice. */
	"CREATE TABLE layer (name TEXT PRIMARY KEY NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE layer_version ("
	"  layer TEXT NOT NULL REFERENCES layer(name),"
	"  number INTEGER NOT NULL,"
	"  description TEXT NOT NULL,"
	"  license TEXT,"
	"  runtimes TEXT,"      /* JSON lists, NULL when they were not given */
	"  architectures TEXT," /* */
	"  code TEXT NOT NULL," /* as in version */
	"  code_sha256 TEXT NOT NULL,"
	"  code_size INTEGER NOT NULL,"
	"  created INTEGER NOT NULL,"
	"  statements TEXT," /* of its policy, a JSON list; NULL: none */
	"  policy_revision TEXT,"
	"  PRIMARY KEY (layer, number)"
	");"
	"CREATE INDEX layer_version_by_code ON layer_version(code);"
	"CREATE TRIGGER layer_version_added AFTER INSERT ON layer_version BEGIN"
	"  UPDATE usage SET code_size = code_size + NEW.code_size;"
	"END;"
	"CREATE TRIGGER layer_version_removed AFTER DELETE ON layer_version BEGIN"
	"  UPDATE usage SET code_size = code_size - OLD.code_size;"
	"END;"

	"CREATE TABLE code_signing ("
	"  id TEXT PRIMARY KEY NOT NULL,"
	"  configuration TEXT NOT NULL," /* JSON: Description, AllowedPublishers, CodeSigningPolicies */
	"  tags TEXT NOT NULL DEFAULT '{}',"
	"  last_modified INTEGER NOT NULL"
	") WITHOUT ROWID;"
	"CREATE INDEX function_by_code_signing ON function(code_signing, name);"

	"CREATE TABLE scaling ("
	"  function TEXT NOT NULL REFERENCES function(name) ON DELETE CASCADE,"
	"  version INTEGER NOT NULL,"
	"  configuration TEXT NOT NULL,"
	"  PRIMARY KEY (function, version)"
	") WITHOUT ROWID;"

	/* A policy that was put as a whole: its members beside Statement, a JSON object. */
	"ALTER TABLE policy ADD COLUMN head TEXT;",
	NULL,
};

/* What version 3 added: what CloudTrail says of each call that writes (trail.h). */
const char *const store_schema_3[] = {
	"PRAGMA user_version = 3;"

	"ALTER TABLE change ADD COLUMN effective INTEGER NOT NULL DEFAULT 1;" /* 0: failed, or changed nothing */
	"ALTER TABLE change ADD COLUMN event_id TEXT;" /* NULL: from before version 3, no event */
	"ALTER TABLE change ADD COLUMN access_key_id TEXT;"
	"ALTER TABLE change ADD COLUMN address TEXT;"
	"ALTER TABLE change ADD COLUMN host TEXT;"
	"ALTER TABLE change ADD COLUMN user_agent TEXT;"
	"ALTER TABLE change ADD COLUMN parameters TEXT;" /* JSON, as CloudTrail spells it */
	"ALTER TABLE change ADD COLUMN elements TEXT;"   /* the same of the answer */
	"ALTER TABLE change ADD COLUMN resources TEXT;"  /* JSON, as LookupEvents has it */
	"ALTER TABLE change ADD COLUMN error_code TEXT;"
	"ALTER TABLE change ADD COLUMN error_message TEXT;",
	NULL,
};
