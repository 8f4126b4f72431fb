package dev.entente.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class WorkloadEventTest {
  @Test
  void readsTheWordsOfAnSvid() {
    var event = WorkloadEvent.parse("svid stream=1 id=spiffe://a.example/web authorities=aa,bb");

    assertThat(event.isSvid()).isTrue();
    assertThat(event.word("id")).isEqualTo("spiffe://a.example/web");
    assertThat(event.list("authorities")).containsExactly("aa", "bb");
    assertThat(event.list("federates")).isEmpty();
  }

  @Test
  void readsAnEndWhoseMessageIsFreeText() {
    var event = WorkloadEvent.parse("end stream=2 code=PERMISSION_DENIED no code=0 for you");

    assertThat(event.isEnd()).isTrue();
    assertThat(event.word("code")).isEqualTo("PERMISSION_DENIED");
  }
}
