#!/bin/sh
# Starts PostgreSQL in a pod, and makes of it what the platform declares: one database, and for every service a role and
# a schema of its own. It runs at every start and changes nothing that is as it should be.
#
# Environment:
#   PGDATA                     folder of the data, on the volume; made when it is not there
#   POSTGRES_DATABASE          name of the database
#   POSTGRES_ROLES_DIR         folder with one file for each role, named like the role, holding its password
#   POSTGRES_TLS_DIR           folder with tls.crt and tls.key
#   POSTGRES_ROLE_CONNECTIONS  most connections that one role may have open
#   POSTGRES_SOCKET_DIR        folder of the socket, the superuser's only way in (default: /tmp/postgres)
#   PGPORT                     port of all of them (default: 5432)
#   POSTGRES_LISTEN            addresses to listen on when all is ready (default: all of the pod)
# Arguments: settings for postgres, such as -c shared_buffers=128MB
set -eu
umask 077

SUPERUSER=postgres
# Roles in this group may connect; one that is no longer declared is taken out of it.
GROUP=services
SOCKET_DIR=${POSTGRES_SOCKET_DIR:-/tmp/postgres}
HBA_FILE=$SOCKET_DIR/pg_hba.conf
# While roles are made the socket is here, so that who asks at the other one is answered only when all is ready.
PRIVATE_DIR=$SOCKET_DIR/private
# A statement or an idle transaction longer than this is a mistake, and holds locks; a session may set its own.
STATEMENT_TIMEOUT=30s
IDLE_TRANSACTION_TIMEOUT=60s

say() {
  echo "start-postgres: $*" >&2
}

# Everything that is wrong is said before the end.
check() {
  problems=0
  problem() {
    say "$*"
    problems=$((problems + 1))
  }
  for name in PGDATA POSTGRES_DATABASE POSTGRES_ROLES_DIR POSTGRES_TLS_DIR POSTGRES_ROLE_CONNECTIONS; do
    eval "value=\${$name:-}"
    [ -n "$value" ] || problem "$name is not set; the workload has to set it"
  done
  for file in tls.crt tls.key; do
    [ -r "${POSTGRES_TLS_DIR:-}/$file" ] || problem "${POSTGRES_TLS_DIR:-}/$file cannot be read; mount the server's certificate there"
  done
  case ${POSTGRES_DATABASE:-} in
    *[!a-z0-9_]*) problem "POSTGRES_DATABASE is '$POSTGRES_DATABASE', must be of lower-case letters, digits and _" ;;
  esac
  found=0
  for file in "${POSTGRES_ROLES_DIR:-}"/*; do
    [ -e "$file" ] || continue
    role=${file##*/}
    case $role in
      "$SUPERUSER" | "$GROUP" | public | pg_* | [!a-z_]* | *[!a-z0-9_]*)
        problem "'$role' in $POSTGRES_ROLES_DIR cannot be a role; name it with lower-case letters, digits and _, and not like one of PostgreSQL's own" ;;
    esac
    [ -s "$file" ] || problem "the password of role '$role' is empty; give it one"
    found=1
  done
  [ "$found" = 1 ] || problem "there is no role in '${POSTGRES_ROLES_DIR:-}'; mount the passwords there"
  if [ -r "${PGDATA:-}/PG_VERSION" ]; then
    data=$(cat "$PGDATA/PG_VERSION")
    program=$(postgres --version | sed 's/.*) \([0-9]*\).*/\1/')
    [ "$data" = "$program" ] ||
      problem "the data are of PostgreSQL $data and the program is $program; restore a backup into an empty volume, or run the image of PostgreSQL $data"
  fi
  [ "$problems" = 0 ] || exit 78
}

# An interrupted initdb leaves a folder that is no database: it is made beside, and renamed when it is whole.
make_cluster() {
  [ -e "$PGDATA/PG_VERSION" ] && return
  say "making a database cluster in $PGDATA"
  rm -rf "$PGDATA.new"
  initdb --pgdata="$PGDATA.new" --username="$SUPERUSER" --auth=reject --encoding=UTF8 --data-checksums \
    --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --no-instructions >&2
  if [ -d "$PGDATA" ]; then rmdir "$PGDATA"; fi
  mv "$PGDATA.new" "$PGDATA"
}

# The superuser comes over the socket, whose folder nobody else can enter; services over TLS, with a password, to one database.
write_access_rules() {
  mkdir -p "$PRIVATE_DIR"
  chmod 700 "$SOCKET_DIR"
  cat > "$HBA_FILE" <<RULES
local   all                  $SUPERUSER       trust
hostssl $POSTGRES_DATABASE   +$GROUP    all   scram-sha-256
RULES
}

# Reads psql commands from its input and stops at the first that fails.
run_sql() {
  psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --set=group="$GROUP" --set=database="$POSTGRES_DATABASE" \
    --host="$PRIVATE_DIR" --username="$SUPERUSER" --dbname="$1" >&2
}

provision() {
  run_sql postgres <<'SQL'
SELECT format('CREATE ROLE %I NOLOGIN', :'group') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'group') \gexec
SELECT format('CREATE DATABASE %I', :'database') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SQL
  {
    cat <<'SQL'
-- A statement that fails is logged, and would be with the password in it.
SET log_min_error_statement = panic;
BEGIN;
REVOKE ALL ON DATABASE postgres, template1, :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO :"group";
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE EXTENSION IF NOT EXISTS vector SCHEMA public;
ALTER EXTENSION vector UPDATE;
CREATE TEMPORARY TABLE declared (role name) ON COMMIT DROP;
SQL
    for file in "$POSTGRES_ROLES_DIR"/*; do
      echo "\\set role '${file##*/}'"
      # psql reads the password itself, so that it is in no argument and in no environment.
      echo "\\set password \`cat '$file'\`"
      echo "\\set connections $POSTGRES_ROLE_CONNECTIONS"
      cat <<'SQL'
INSERT INTO declared VALUES (:'role');
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT :connections PASSWORD :'password';
CREATE SCHEMA IF NOT EXISTS :"role" AUTHORIZATION :"role";
ALTER ROLE :"role" SET search_path TO :"role", public;
SELECT format('GRANT %I TO %I', :'group', :'role') WHERE NOT pg_has_role(:'role', :'group', 'MEMBER') \gexec
SQL
      echo "ALTER ROLE :\"role\" SET statement_timeout TO '$STATEMENT_TIMEOUT';"
      echo "ALTER ROLE :\"role\" SET idle_in_transaction_session_timeout TO '$IDLE_TRANSACTION_TIMEOUT';"
    done
    cat <<'SQL'
-- Its data stay; only the way in is closed.
SELECT format('REVOKE %I FROM %I', :'group', member.rolname), format('ALTER ROLE %I NOLOGIN', member.rolname)
  FROM pg_auth_members JOIN pg_roles member ON member.oid = pg_auth_members.member
  WHERE roleid = :'group'::regrole AND member.rolname NOT IN (SELECT role FROM declared) \gexec
COMMIT;
SQL
  } | run_sql "$POSTGRES_DATABASE"
}

child=
stopping=0

# SIGTERM asks postgres to wait until every client has left; SIGINT ends sessions, writes everything down and leaves.
stop() {
  stopping=1
  if [ -n "$child" ]; then kill -INT "$child" 2> /dev/null || true; fi
}

start() {
  postgres -D "$PGDATA" "$@" &
  child=$!
}

# Sets status to what postgres ended with. A signal interrupts the waiting, not postgres.
await() {
  status=0
  wait "$child" || status=$?
  while kill -0 "$child" 2> /dev/null; do
    status=0
    wait "$child" || status=$?
  done
  child=
}

# Nobody can connect from outside yet: what clients find is either not there or complete.
provision_in_private() {
  start "$@" -c listen_addresses= -c "unix_socket_directories=$PRIVATE_DIR"
  until pg_isready --quiet --host="$PRIVATE_DIR" --username="$SUPERUSER"; do
    [ "$stopping" = 0 ] || break
    if ! kill -0 "$child" 2> /dev/null; then
      await
      exit "$status"
    fi
    sleep 0.1
  done
  provisioned=1
  if [ "$stopping" = 0 ]; then
    provisioned=0
    provision || provisioned=$?
  fi
  kill -INT "$child" 2> /dev/null || true
  await
  if [ "$stopping" = 1 ]; then exit 0; fi
  if [ "$provisioned" != 0 ]; then
    say "the roles could not be made (psql ended with $provisioned)"
    exit 1
  fi
}

trap stop TERM INT
check
make_cluster
[ "$stopping" = 0 ] || exit 0
write_access_rules
set -- "$@" \
  -c "unix_socket_directories=$SOCKET_DIR" -c "hba_file=$HBA_FILE" \
  -c ssl=on -c ssl_min_protocol_version=TLSv1.3 \
  -c "ssl_cert_file=$POSTGRES_TLS_DIR/tls.crt" -c "ssl_key_file=$POSTGRES_TLS_DIR/tls.key" \
  -c timezone=UTC -c log_timezone=UTC
provision_in_private "$@"
start "$@" -c "listen_addresses=${POSTGRES_LISTEN:-*}"
# A signal between the check and the start found no child.
if [ "$stopping" = 1 ]; then stop; fi
await
exit "$status"
