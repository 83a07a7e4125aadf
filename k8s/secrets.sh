#!/bin/sh
# Writes a full set of new secrets as env files into a folder:
#
#   secrets.env          the Secret `supportdesk`
#   owner.env            the Secret `supportdesk-owner`
#   nats.env             the Secret `nats` beside the NATS servers
#   roles/<role>.env     a Secret for each database role, beside PostgreSQL
#
# What it cannot know (the mail server, the object store) it leaves as in the example of the dev
# overlay. Needs openssl 3. Files that are there are never overwritten: other keys than those of the
# database would lock the desk out.
set -eu
umask 077

folder=${1:?the folder to write to}
mkdir -p "$folder/roles"
for file in secrets owner nats; do
    if [ -e "$folder/$file.env" ]; then
        echo "$folder/$file.env is there already" >&2
        exit 1
    fi
done

base64url() { base64 | tr -d '=\n' | tr '+/' '-_'; }

# Begins with a letter: NATS reads it as configuration.
password() { printf 'p%s' "$(openssl rand -hex 24)"; }

# Sets `seed` and `public`, the two halves of an Ed25519 key.
key() {
    pem=$(openssl genpkey -algorithm ed25519)
    seed=$(printf '%s\n' "$pem" | openssl pkey -outform DER | tail -c 32 | base64url)
    public=$(printf '%s\n' "$pem" | openssl pkey -pubout -outform DER | tail -c 32 | base64url)
}

secrets=$folder/secrets.env
owner=$folder/owner.env

nats=$(password)
echo "password=$nats" > "$folder/nats.env"
echo "nats-url=nats://supportdesk:$nats@nats.supportdesk-data:4222" > "$secrets"

signers=
for service in gateway external-gateway auth project ticket reporting sla-worker notifier; do
    key
    echo "$service-signing-key=$seed" >> "$secrets"
    signers=$signers,$service:$public
done
echo "trusted-signers=${signers#,}" >> "$secrets"

: > "$owner"
for service in auth project ticket reporting sla-worker notifier; do
    database=${service%-worker}
    for role in app owner; do
        password=$(password)
        printf 'username=%s\npassword=%s\n' "${database}_$role" "$password" \
            > "$folder/roles/$database-$role.env"
        host=supportdesk-rw.supportdesk-data:5432
        url=postgres://${database}_$role:$password@$host/$database?sslmode=require
        case $role in
            app) echo "$service-database-url=$url" >> "$secrets" ;;
            owner) echo "$service-database-url=$url" >> "$owner" ;;
        esac
    done
done

key
cat >> "$secrets" <<END
auth-portal-keys=first:$seed
auth-bootstrap-email=super@support.localhost
auth-bootstrap-password=$(password)
project-key-peppers=first:$(openssl rand -hex 32)
notifier-mail-url=folder:/var/lib/supportdesk/mail
END
