#!/bin/sh
# Checks one entry of an Amanat log with nothing but coreutils and OpenSSL 3.0 or later.
#
#     sh verify-by-hand.sh DIR ORIGIN [FILE]
#
# DIR     what `amanat log --proof ITEM -o DIR` wrote: leaf, proof, checkpoint, log.vkey,
#         log.keys, fields/*
# ORIGIN  the name of the log, amanat.invalid/ and 64 digits. Take it from outside: from the
#         owner, from a contact's card, from the court's file. Taken from DIR it shows nothing.
# FILE    the exhibit itself, to be compared with the field `file`; may be left out
#
# Exit status: 0 if everything held, 1 if something did not, 2 if the words do not fit.
# docs/verify-by-hand.md goes through it step by step. Every record is read line by line, written
# anew in its only form and compared with what was read, so that no second spelling gets through.
# The ML-DSA-44 signature of the checkpoint is not checked: that needs OpenSSL 3.5. Numbers
# have at most 18 digits here, since the shell counts with 63 bits.

set -eu
LC_ALL=C
export LC_ALL
umask 077

fail() {
    printf 'REFUSED: %s\n' "$1" >&2
    exit 1
}

# --- primitives -------------------------------------------------------------------------

# Is $1 a string of exactly $2 lower-case hexadecimal digits?
is_hex() {
    [ "${#1}" -eq "$2" ] || return 1
    case $1 in *[!0-9a-f]*) return 1 ;; esac
}

# Is $1 a decimal number without sign or leading zero, of at most 18 digits?
is_decimal() {
    case $1 in
    0) return 0 ;;
    '' | 0* | *[!0-9]*) return 1 ;;
    esac
    [ "${#1}" -le 18 ]
}

is_origin() {
    case $1 in
    amanat.invalid/*) is_hex "${1#amanat.invalid/}" 64 ;;
    *) return 1 ;;
    esac
}

digest() { # of a file, in hexadecimal
    sum=$(sha256sum <"$1")
    printf '%s' "${sum%% *}"
}

binary_digest() { # of standard input, 32 bytes
    openssl dgst -sha256 -binary
}

same() { # do two files hold the same bytes?
    [ "$(wc -c <"$1")" -eq "$(wc -c <"$2")" ] && [ "$(digest "$1")" = "$(digest "$2")" ]
}

# Decode the base64 text $1 into the file $2; it must be the only spelling of its bytes.
decode() {
    printf '%s' "$1" | base64 -d >"$2" 2>/dev/null || return 1
    [ "$(base64 -w 0 <"$2")" = "$1" ]
}

hex_of() { # of a file
    od -An -v -tx1 "$1" | tr -d ' \n'
}

# Read `key value` from standard input into $value.
take() {
    IFS= read -r line || return 1
    case $line in "$1 "?*) value=${line#"$1 "} ;; *) return 1 ;; esac
}

# --- arguments --------------------------------------------------------------------------

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
    printf 'usage: sh verify-by-hand.sh DIR ORIGIN [FILE]\n' >&2
    exit 2
fi
dir=$1
case $dir in -*) dir=./$dir ;; esac
origin=$2
exhibit=${3-}
is_origin "$origin" || {
    printf 'ORIGIN is not the name of a log: amanat.invalid/ and 64 digits\n' >&2
    exit 2
}
for file in leaf proof checkpoint log.vkey log.keys; do
    [ -f "$dir/$file" ] || fail "there is no file $file in $dir"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# --- 1. the origin pins the four keys ---------------------------------------------------

# A vkey is name+ID+base64(type and key). Check the vkey $1: it must have the name $2 and
# the type in the file $3. Leaves the public key, of $4 bytes, in the file $5.
check_vkey() {
    case $1 in "$2+"*) rest=${1#"$2+"} ;; *) return 1 ;; esac
    id=${rest%%+*}
    is_hex "$id" 8 || return 1
    decode "${rest#*+}" "$work/material" || return 1
    type_size=$(($(wc -c <"$3")))
    [ "$(wc -c <"$work/material")" -eq $((type_size + $4)) ] || return 1
    head -c "$type_size" "$work/material" >"$work/type"
    same "$work/type" "$3" || return 1
    tail -c "$4" "$work/material" >"$5"
    # key ID = first 4 bytes of SHA-256(name, newline, type, key)
    { printf '%s\n' "$2" && cat "$work/material"; } >"$work/named"
    computed=$(digest "$work/named")
    [ "${computed%"${computed#????????}"}" = "$id" ]
}

printf '\001' >"$work/type-ed25519"
printf '\006' >"$work/type-mldsa44"
printf '\377amanat-mldsa44/v1' >"$work/type-note"

check_keys() {
    IFS= read -r line && [ "$line" = amanat-keys/v1 ] || return 1
    take log && [ "$value" = "$origin" ] || return 1
    take checkpoint && first=$value || return 1
    take checkpoint && second=$value || return 1
    take manifest && third=$value || return 1
    take manifest && fourth=$value || return 1
    check_vkey "$first" "$origin" "$work/type-ed25519" 32 "$work/key1" &&
        check_vkey "$second" "$origin" "$work/type-mldsa44" 1312 "$work/key2" &&
        check_vkey "$third" "$origin/manifest" "$work/type-ed25519" 32 "$work/key3" &&
        check_vkey "$fourth" "$origin/manifest" "$work/type-note" 1312 "$work/key4" || return 1
    printf 'amanat-keys/v1\nlog %s\ncheckpoint %s\ncheckpoint %s\nmanifest %s\nmanifest %s\n' \
        "$origin" "$first" "$second" "$third" "$fourth" >"$work/rebuilt"
}
check_keys <"$dir/log.keys" && same "$work/rebuilt" "$dir/log.keys" ||
    fail 'log.keys does not hold four keys under the name of this log'
{ printf 'amanat-log/v1\n' && cat "$work/key1" "$work/key2" "$work/key3" "$work/key4"; } \
    >"$work/pinned"
[ "amanat.invalid/$(digest "$work/pinned")" = "$origin" ] ||
    fail 'the keys in log.keys are not those that the name of the log pins'
printf '%s\n' "$first" >"$work/rebuilt"
same "$work/rebuilt" "$dir/log.vkey" || fail 'log.vkey is another key than in log.keys'
key_id=${first#"$origin+"}
key_id=${key_id%%+*}

# Under a key of small order anybody can sign anything. These are all of them, without the last
# digit, with both signs and with the spellings that a lax reader takes for them.
key_hex=$(hex_of "$work/key1")
case ${key_hex%?} in
010000000000000000000000000000000000000000000000000000000000000 | \
    010000000000000000000000000000000000000000000000000000000000008 | \
    000000000000000000000000000000000000000000000000000000000000000 | \
    000000000000000000000000000000000000000000000000000000000000008 | \
    ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7 | \
    ecfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff | \
    edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7 | \
    edfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff | \
    eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7 | \
    eefffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff | \
    26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc0 | \
    26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc8 | \
    c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037 | \
    c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03f)
    fail 'the key of this log is one that anybody can sign for'
    ;;
esac

# --- 2. the checkpoint is signed by the log's Ed25519 key -------------------------------

dash=$(printf '\342\200\224 ')

read_checkpoint() {
    IFS= read -r line && [ "$line" = "$origin" ] || return 1
    IFS= read -r size && is_decimal "$size" || return 1
    IFS= read -r root && decode "$root" "$work/root" || return 1
    [ "$(wc -c <"$work/root")" -eq 32 ] || return 1
    printf '%s\n%s\n%s\n' "$origin" "$size" "$root" >"$work/text"
    IFS= read -r line && [ -z "$line" ] || return 1
    { cat "$work/text" && printf '\n'; } >"$work/rebuilt"
    count=0
    signature=
    while IFS= read -r line; do
        count=$((count + 1))
        printf '%s\n' "$line" >>"$work/rebuilt"
        [ "$count" -le 16 ] || return 1
        case $line in "$dash"?*' '?*) ;; *) return 1 ;; esac
        name=${line#"$dash"}
        encoded=${name#* }
        name=${name%% *}
        case $name in *+*) return 1 ;; esac
        decode "$encoded" "$work/line" && [ "$(wc -c <"$work/line")" -gt 4 ] || return 1
        head -c 4 "$work/line" >"$work/id"
        if [ "$name" = "$origin" ] && [ "$(hex_of "$work/id")" = "$key_id" ]; then
            [ -z "$signature" ] || return 1 # one line for each key
            signature=found
            tail -c +5 "$work/line" >"$work/signature"
        fi
    done
    [ -n "$signature" ]
}
read_checkpoint <"$dir/checkpoint" && same "$work/rebuilt" "$dir/checkpoint" ||
    fail 'the checkpoint is malformed, of another log, or not signed by the key of this log'
# A public key in DER: the fixed beginning of an Ed25519 key (RFC 8410), then its 32 bytes.
{ printf '\060\052\060\005\006\003\053\145\160\003\041\000' && cat "$work/key1"; } >"$work/spki"
openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/spki" -rawin \
    -in "$work/text" -sigfile "$work/signature" >/dev/null 2>&1 ||
    fail 'the signature under the checkpoint is wrong'

# --- 3. the leaf is one entry of this log -----------------------------------------------

read_leaf() {
    IFS= read -r line && [ "$line" = amanat-entry/v1 ] || return 1
    take log && [ "$value" = "$origin" ] || return 1
    take seq && is_decimal "$value" && seq=$value || return 1
    take prev && is_hex "$value" 64 && prev=$value || return 1
    take file && is_hex "$value" 64 && file_digest=$value || return 1
    printf 'amanat-entry/v1\nlog %s\nseq %s\nprev %s\nfile %s\n' \
        "$origin" "$seq" "$prev" "$file_digest" >"$work/rebuilt"
    count=0
    : >"$work/digests"
    while take c; do
        is_hex "$value" 64 && [ "$value" != "$file_digest" ] || return 1
        count=$((count + 1))
        [ "$count" -le 64 ] || return 1
        printf '%s\n' "$value" >>"$work/digests"
        printf 'c %s\n' "$value" >>"$work/rebuilt"
    done
    case $count in 8 | 16 | 32 | 64) ;; *) return 1 ;; esac
    # Strictly ascending: sorted, and no digest twice.
    sort -u "$work/digests" >"$work/sorted"
    same "$work/digests" "$work/sorted"
}
read_leaf <"$dir/leaf" && same "$work/rebuilt" "$dir/leaf" ||
    fail 'the leaf is malformed or an entry of another log'

# --- 4. the proof leads from the leaf to the root of the checkpoint ---------------------

# RFC 9162, section 2.1.3.2, with the hash so far in the file `hash`.
fold() {
    { printf '\001' && cat "$1" "$2"; } | binary_digest >"$work/node"
    cat "$work/node" >"$work/hash"
}

read_proof() {
    IFS= read -r line && [ "$line" = c2sp.org/tlog-proof@v1 ] || return 1
    take index && is_decimal "$value" && [ "$value" = "$seq" ] || return 1
    [ "$seq" -lt "$size" ] || return 1
    printf 'c2sp.org/tlog-proof@v1\nindex %s\n' "$seq" >"$work/rebuilt"
    { printf '\000' && cat "$dir/leaf"; } | binary_digest >"$work/hash"
    node=$seq
    last=$((size - 1))
    while :; do
        IFS= read -r line || return 1
        printf '%s\n' "$line" >>"$work/rebuilt"
        [ -n "$line" ] || break
        [ "$last" -ne 0 ] || return 1 # more hashes than the tree is high
        decode "$line" "$work/sibling" && [ "$(wc -c <"$work/sibling")" -eq 32 ] || return 1
        if [ $((node % 2)) -eq 1 ] || [ "$node" -eq "$last" ]; then
            fold "$work/sibling" "$work/hash"
            while [ $((node % 2)) -eq 0 ] && [ "$node" -ne 0 ]; do
                node=$((node / 2))
                last=$((last / 2))
            done
        else
            fold "$work/hash" "$work/sibling"
        fi
        node=$((node / 2))
        last=$((last / 2))
    done
    [ "$last" -eq 0 ] || return 1 # fewer hashes than the tree is high
    same "$work/hash" "$work/root"
}
read_proof <"$dir/proof" && same "$work/rebuilt" "$dir/proof" ||
    fail 'the proof does not lead from this leaf to the root of the checkpoint'

# --- 5. each disclosure opens a commitment of the leaf ----------------------------------

read_disclosure() {
    IFS= read -r line && [ "$line" = amanat-field/v1 ] || return 1
    take log && [ "$value" = "$origin" ] || return 1
    take seq && [ "$value" = "$seq" ] || return 1
    take name && [ "$value" = "$1" ] || return 1
    take salt && is_hex "$value" 64 && salt=$value || return 1
    take size && is_decimal "$value" && length=$value || return 1
    IFS= read -r line && [ -z "$line" ] || return 1
    printf 'amanat-field/v1\nlog %s\nseq %s\nname %s\nsalt %s\nsize %s\n\n' \
        "$origin" "$seq" "$1" "$salt" "$length" >"$work/rebuilt"
}

# Is the digest $1 among the lines of the file $2?
occurs() {
    while IFS= read -r line; do
        [ "$line" != "$1" ] || return 0
    done <"$2"
    return 1
}

# The value of the field `file`: three lines, nothing else.
read_file_value() {
    take sha256 && is_hex "$value" 64 && exhibit_digest=$value || return 1
    take size && is_decimal "$value" && exhibit_size=$value || return 1
    take type && exhibit_type=$value || return 1
    printf 'sha256 %s\nsize %s\ntype %s\n' "$exhibit_digest" "$exhibit_size" "$exhibit_type" \
        >"$work/rebuilt"
}

shown=
exhibit_digest=
: >"$work/salts"
for path in "$dir"/fields/*; do
    [ -e "$path" ] || continue
    field=${path##*/}
    case $field in *[!a-z0-9-]*) fail 'a file in fields/ whose name no field has' ;; esac
    [ "${#field}" -le 32 ] && [ -f "$path" ] || fail 'a file in fields/ whose name no field has'
    length=0
    read_disclosure "$field" <"$path" ||
        fail "fields/$field is malformed, of another log or entry, or has another name"
    tail -c "$length" "$path" >"$work/value"
    cat "$work/value" >>"$work/rebuilt"
    same "$work/rebuilt" "$path" || fail "fields/$field is not in its only form"
    found=$(digest "$path")
    if [ "$field" = file ]; then
        [ "$found" = "$file_digest" ] || fail 'fields/file is not what this entry was made with'
        read_file_value <"$work/value" && same "$work/rebuilt" "$work/value" ||
            fail 'fields/file is malformed'
    else
        occurs "$found" "$work/digests" ||
            fail "fields/$field is not what this entry was made with"
    fi
    ! occurs "$salt" "$work/salts" || fail "fields/$field has the salt of another field"
    printf '%s\n' "$salt" >>"$work/salts"
    shown="$shown $field"
done

# --- 6. the exhibit is the one of the field `file` --------------------------------------

if [ -n "$exhibit" ]; then
    [ -f "$exhibit" ] || fail 'there is no such exhibit'
    [ -n "$exhibit_digest" ] || fail 'fields/file is not disclosed: the exhibit proves nothing'
    [ "$(wc -c <"$exhibit")" -eq "$exhibit_size" ] &&
        [ "$(digest "$exhibit")" = "$exhibit_digest" ] ||
        fail 'the exhibit is another file than the entry was made with'
fi

# --- what this shows --------------------------------------------------------------------

printf 'These bytes stand at place %s among the first %s entries of the log\n' "$seq" "$size"
printf '    %s\n' "$origin"
printf 'are unchanged since its checkpoint of that size was signed, and it was signed by key\n'
printf '    %s\n' "$key_hex"
if [ -n "$shown" ]; then
    printf 'Disclosed of this entry:%s\n' "$shown"
else
    printf 'Nothing of this entry is disclosed but that it exists.\n'
fi
if [ -n "$exhibit" ]; then
    printf 'The exhibit has the size and SHA-256 that this entry was made with.\n'
fi
printf 'Its second signature (ML-DSA-44) was not checked here.\n'
printf 'This does not show that what they say is so, who made them, or when. It holds for the\n'
printf 'owner of the name above, if that name came to you from outside these files.\n'
