package dev.entente.agent.workload;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import java.time.Duration;
import java.util.Optional;

/// Remembers names for a short while, so that a busy socket does not ask a directory for each call.
final class CachedNames implements NameService {
  /// How long a renamed user keeps the old selector at most.
  private static final Duration KEPT = Duration.ofSeconds(30);

  private static final int MAX_NAMES = 4096;

  private final LoadingCache<Long, Optional<String>> users;
  private final LoadingCache<Long, Optional<String>> groups;

  CachedNames(NameService names) {
    this.users = bounded().build(names::user);
    this.groups = bounded().build(names::group);
  }

  @Override
  public Optional<String> user(long uid) {
    return users.get(uid);
  }

  @Override
  public Optional<String> group(long gid) {
    return groups.get(gid);
  }

  private static Caffeine<Object, Object> bounded() {
    return Caffeine.newBuilder().maximumSize(MAX_NAMES).expireAfterWrite(KEPT);
  }
}
