package dev.entente.broker.store;

/// What a row of the change log is about. The codes are on disk and stay as they are.
enum ChangeKind {
  ENTRY(1),
  NODE(2),
  BUNDLE(3),
  RELATIONSHIP(4);

  private final int code;

  ChangeKind(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static ChangeKind of(int code) {
    for (var kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    throw new IllegalStateException("no kind of change has the code " + code);
  }
}
