#!/usr/bin/env bash
# Makes the distribution: an exploded directory, its archive and the archive's SHA-256.
#
# usage: assemble.sh ROOT VERSION TIME STARTED   (run by Maven in the package phase of the room cli)
#
# STARTED, when the build began, becomes the time of the stamp that bin/entente compares with the
# sources.
#
# The archive is the same, byte for byte, for the same commit and the same JDK: sorted names, one
# time, one owner, no ahead-of-time cache (docs/adr/0003-runtime-image.md). The exploded directory
# has the caches, trained here with the launcher's own flags.
set -euo pipefail

root=$(cd "$1" && pwd -P) version=$2 epoch=$(date -u -d "$3" +%s)
target=$root/cli/target

# Everything the class paths ask of the JDK; system-tests run on nothing else.
modules=$(grep -v '^#' "$root/cli/src/build/modules.txt" | paste -sd, -)

. "$root/cli/src/build/jdk.sh"
if ! find_jdk_25; then
  echo "assemble: no JDK 25 found: install Temurin 25 or set JAVA_HOME" >&2
  exit 1
fi

# Jars once, and per role the list of those it may load, in a fixed order. Attestors are found at
# run time, so no room depends on them. What an attestor of the clouds needs beside its own jar is for
# brokers only: an agent carries no cloud SDK.
role_path() { # ROOM
  printf '%s\n' "$root/$1/target/entente-$1-$version.jar"
  printf '%s\n' "$root/attestors-host/target/entente-attestors-host-$version.jar"
  tr ':' '\n' <"$root/$1/target/classpath.txt"
  echo
  [ "$1" != cli ] || return 0
  printf '%s\n' "$root/attestors-aws/target/entente-attestors-aws-$version.jar"
  printf '%s\n' "$root/attestors-azure/target/entente-attestors-azure-$version.jar"
  printf '%s\n' "$root/attestors-gcp/target/entente-attestors-gcp-$version.jar"
  [ "$1" = broker ] || return 0
  for cloud in aws azure gcp; do
    tr ':' '\n' <"$root/attestors-$cloud/target/classpath.txt"
    echo
  done
}

# What it is made of, by content: classes that were compiled again to the same bytes change nothing.
ingredients() {
  printf '%s\n' "$target" "$version" "$epoch"
  find "$root/cli/src/build" "$root/cli/src/dist" -printf '%m %p\n' | LC_ALL=C sort
  {
    printf '%s\n' "$JDK_HOME/release" "$root/LICENSE"
    find "$root/cli/src/build" "$root/cli/src/dist" "$root/deploy/systemd" -type f
    printf '%s\n' "$root"/{broker,agent}/src/main/resources/dev/entente/*/*-example.yaml
    printf '%s\n' "$root"/{cli,attestors-aws,attestors-azure,attestors-gcp}/target/sbom.json
    for role in cli broker agent; do
      role_path "$role"
    done
  } | grep . | LC_ALL=C sort -u | tr '\n' '\0' | xargs -0 sha256sum
}

# What came of it, as it lies there: whoever changes a file changes its size or its time.
results() {
  (cd "$target/dist/entente" && find . -printf '%P %y %m %s %T@ %l\n' | LC_ALL=C sort)
  (cd "$target" && sha256sum "$archive")
}

# Nothing is made again of the same: to pack and to train takes half a minute.
archive=entente-$version-linux-x86_64.tar.gz
made=$target/dist/made
of=$(ingredients | sha256sum)
if [ -e "$made" ] && [ "$(cat "$made")" = "$of $(results | sha256sum)" ]; then
  echo "assemble: made of the same already"
  touch -d "$4" "$target/dist/stamp"
  exit 0
fi

new=$target/dist.new/entente
rm -rf "$target/dist.new"
mkdir -p "$new/lib/native" "$new/conf" "$new/systemd" "$new/sbom"

# The runtime is remade only for another JDK or another list.
image=$target/image
wanted="$(cat "$JDK_HOME/release") $modules"
if [ ! -e "$image.made" ] || [ "$(cat "$image.made")" != "$wanted" ]; then
  rm -rf "$image" "$image.made"
  "$JDK_HOME/bin/jlink" --add-modules "$modules" --strip-java-debug-attributes \
    --no-header-files --no-man-pages --output "$image"
  printf '%s' "$wanted" >"$image.made"
fi
cp -a "$image" "$new/runtime"

# The JDK names twelve security providers, of which the image has five. Whenever one is added, each
# of the others would be searched for on the class path, and found there: Bouncy Castle's, with
# seven hundred classes.
sed -i -E '/^security\.provider\.[0-9]+=(SunJGSS|SunSASL|XMLDSig|SunPCSC|JdkLDAP|JdkSASL|SunPKCS11)/d' \
  "$new/runtime/conf/security/java.security"

for role in cli broker agent; do
  role_path "$role" | grep . | while read -r jar; do
    cp -n "$jar" "$new/lib/"
    echo "${jar##*/}"
  done | LC_ALL=C sort -u >"$new/lib/$role.classpath"
done

# Old classes and signed jars would stay out of the ahead-of-time cache.
"$JDK_HOME/bin/java" "$root/cli/src/build/CacheableJar.java" \
  "$new"/lib/{picocli,bcpkix,bcprov,bcutil,AmazonCorrettoCryptoProvider,azure}-*.jar

# Native libraries are unpacked here, once, and not at each start.
unpack() { # JAR-GLOB ENTRY
  (cd "$target/dist.new" && "$JDK_HOME/bin/jar" xf "$new"/lib/$1 "$2")
  mv "$target/dist.new/$2" "$new/lib/native/"
  rm -r "$target/dist.new/${2%%/*}"
}
unpack 'sqlite-jdbc-*.jar' org/sqlite/native/Linux/x86_64/libsqlitejdbc.so
unpack 'netty-transport-native-epoll-*-linux-x86_64.jar' \
  META-INF/native/libnetty_transport_native_epoll_x86_64.so
unpack 'AmazonCorrettoCryptoProvider-*-linux-x86_64.jar' \
  com/amazon/corretto/crypto/provider/libamazonCorrettoCryptoProvider.so

cp -a "$root/cli/src/dist/." "$new/"
cp "$root/LICENSE" "$new/"
# What it is made of, in CycloneDX's form: brokers, agents and commands, and what each cloud adds.
for room in cli attestors-aws attestors-azure attestors-gcp; do
  cp "$root/$room/target/sbom.json" "$new/sbom/entente-$room.cdx.json"
done
cp "$root"/deploy/systemd/*.service "$root"/deploy/systemd/*.conf "$new/systemd/"
for role in broker agent; do
  cp "$root/$role/src/main/resources/dev/entente/$role/$role-example.yaml" "$new/conf/$role.yaml"
done

chmod -R u+w,go-w,a+rX "$new"
find "$new" -exec touch -h -d "@$epoch" {} +

tar -C "$target/dist.new" --transform "s,^entente,entente-$version," --sort=name \
  --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --format=ustar -cf - entente \
  | gzip -n -6 >"$target/$archive.new"
mv "$target/$archive.new" "$target/$archive"
(cd "$target" && sha256sum "$archive" >"$archive.sha256")

trained=yes
"$new/lib/warm.sh" "$new" || {
  echo "assemble: without a cache, starts take longer" >&2
  trained=no
}
touch -d "$4" "$target/dist.new/stamp"

rm -rf "$target/dist"
mv "$target/dist.new" "$target/dist"
# What could not be trained is tried again the next time.
if [ "$trained" = yes ]; then
  echo "$of $(results | sha256sum)" >"$made"
fi
