package dev.entente.testkit;

import dev.entente.spiffe.KeyAlgorithm;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/// RSA-2048 keys at once: each is the product of two of twenty kept primes, because to search for
/// primes takes most tests longer than what they test.
///
/// The primes are public and shared, so these keys are worth nothing outside of a test. Where it is
/// the making of a key that is tested, use [KeyAlgorithm#generate()]. Any thread may call.
public final class TestRsaKeys {
  private static final BigInteger EXPONENT = BigInteger.valueOf(65_537);
  private static final int PRIME_BYTES = 128;

  /// Each with its two highest bits set, so that the product of any two has 2048 bits, and none
  /// with a multiple of the exponent just below.
  private static final List<BigInteger> PRIMES =
      primes(
          """
          8jJkePKAQf38JLzKG6xud/GiWvPE57CvRw+yx+HoBpzD54zb07ugjLy2CiPfA+Cft6eFvww0sv1mbBfcBel1YcH0
          W/1tWCY483jD6Yz7gcFC5rrB+GsVQr421Voqq0zY3Gkh1r07gSR+cj6yMzAqGk7FoVwo1W0B8jNm2+zxg1PHkSmM
          bneAq0eBlvR1msjW42e80u4ElINInuMU4uifHqx4w0E3XSbt9/WEh3XrcHDPxkIMoWEFIrCHkz9AiRkjjEq+AgjL
          VAGJjjuFPMErrL+36I+/Svh/H886d7bH5zT/EcaLUnfQ5f/jn6wBrMOfqPfBN4Sr0mEsXsmt/DN0b8Sdt7zH4vUL
          QBZFmKu/z+fxCWWU5C4c5fztGjcrzQaxQ1GCrcsSEIGUKluFxBbh3J8BwZ+LTzXajJNBh2ax4dLzFSlFe5WaTceD
          F6kEoyFSe87d1YQ/ipt1EW5nhdUDmHFIV3qooccCpgoSWfU6WKnHK1Y85SK51YeHbO67Ng3zxbw0K5Yzta7Kaudm
          eHVf/V4rnqiVK1Z743njeBy/NZIxUsEAnF3z5wwZuzGlpk0xuDi0qz3AdUntx835xbBQW8SuU28qTOQfEMJQwR9n
          +dhX4F9aaby2AOo0dCUI6cyX40DI7ARAN1AButH7Nwnu3lsFPmsPSFsMYwWm8/gGPDnylIGX3FOTC6G3DTlNOUMB
          mDhLfIl8PNjF0JB207SL6dSXVNmcix1LVFsTufDvZ8GoFglfwVFaXPM1au346Ys4Pd595ctztxY0TdCnyod1d8kG
          y9vx3uZKM3OlQYXmZUMKoCwlh6lUIe7vorqezI9+ByuM6r2NqQc0ZFmoeW8ZeeSYg+X+Ezzm0A/2zjXwzeUL+Q3h
          4n6CI77Kir2gkk1T3Iv34ZCkvgRdcRF6xKb/QXqYD/ZIqrXsql8cVmVLCwNyKM+Yf4xITB2UBO7jqSIafNImOfYu
          mNd2y1rjfRZJLw/qo9SfofLqEHKfyHyZyb5FbK7Qesyp/YbLWM0LUGu1y/v/9J9ZzoYF57quRt5wKeq9Ym/JH8ge
          cP7+q6JHqrqcRsblyZLCKJUDxutJqK/deYSwDILmo2XajG46ljV+1Pn0U8LD4HgUACtGLLVOGBwO9Fhbh7F0DP7c
          wLE/ZWRFcTfOk5qfA+GubIgcy4zF9o/vorEz+NyjjvJPGH2IsjH1Fbcubyx7ylcWJxonaG8KmvJ2VaWVL/EPoOWM
          j7JlSBDlYVDCxH6DuwZnuTdFcQztejrNE4gTolonCWu81w6SfLBalcFVy2W1cH+3ujFD+tWIUJjXfVJvbhJaday/
          Cj3ZkXWj221h1ERwDjXKeFtXkF2eLI5myaWGG5O3VuyM/8oIl+Ib25keMB5Qa2solbIp7kNdbPD4NSc0hyEh6sgM
          meZobG2CWo/4eipv3GvCibzB3kw07Oyjz00T6+kg3X4eQFSxudAjcoChC9WBhVW62QRtg9qxnOCUG2b55v/zrdTZ
          J73qMpnQck94CRcC5P1ejJuImCSpezF7qRS0QTfD7jyEEkggY/4JKf8BsY//+4F/2IgaeVR6BT/UV1KAgKJNmkB4
          8pTzcy8ef8w5NHL7Hau7senFWh0vluumnakZHFyZ8Eo+t1WO2X6x7lHXDTrHdyNFzpm8xyRuwUmWD6/TwwSu60Oj
          c8nRPMdLr77okr6g2E+tilXHRvbLvacjuLvuXwo5K9MilycXgbi/VjE2WXrbCAyPWnY/DCLS+l1AFonQOiGOKwwM
          HvWRGRCWsZYXcn16ohhvfar+xJOPLqYtnstBz3x8aNhWk1N7RUw9EFyhq8dz85WnVgY/RgAWhA1wBmCWK9HMcIAN
          McgLVfPhh4N5u2EEtg1PWk+s/TFLGfYBtYLF4ayZB2m5uSiN6Gjycmkf6giauCrXh5WZXdOHxmHSBCPBBpwKqRHZ
          QLuBRYSB/ZDr7HyfzHiuPiEQweyyAf4cafEgxdjkWZHRrn1ufIr8pmgSHdC2AZbSS3stXrConDZeuuDYIp0/5gEs
          M7NQGEpRvGqwnBmotF67TS6x67Kw+PEKdJGaPv3aKgomRIN8DuC9CBl20pwtz8tP5ekDekf7SP1b2ouORmVvDF2V
          SLQILXo8SXRxBn/VqGbSmZfB+swWvU0zwv5u3icUGZt0XwMuYOQXH2c3PAq2IuEVp/2nE3PdbE7avab4lkV0xRy0
          cVcSTIN3n1aBzSq+txn6AdTTkHZBHGiFMwrPF69tN8Kuiwz07EsU+41HGWIOQW+GsfKYehtA3VK5hTH7yurZik0C
          UPnrNtZAkZ0kkp9FzPIJ3NdoKCT4os71zItC67y3dMPXONE9vLvAuCpuHcj4BoDS4I3p/MdrX9LYDI1iB4Aw21E/
          0WEZFfJwCCWaGeKqapEAdd3qAf2pNLtLoIKkcbeZkNT4CbHZ78ZBOjOl0pt2CDLs7nwpvSFr0ooNf8Fs9N6JRCnO
          6N+BiC6r1VxK02MFwPvCS4RFQSo1vT2BRmy9wPg0KJpqVxVeaH2gGBfuB8F4nwp8CfbdSxi90WUdpBPvBvSi9Oar
          mJDjSMVj9ElJ0nM6IP7ulTYbsvnmoE/4W5nytp29QI+j8KUF0YdpD9CamCsWbkNpyN2oyqyraVaKRRED7BDg90dE
          hFXQNCUwrb/UG2UrlA3wgnsr2jNyFdFZxzu5dp9i2+QG2Es/e7Pl7Ve7hzy2hH084pxYAq38kSRwQjH9BcpE7CSk
          Tv3KtIeEYjfThR0J3SRirj7nwO54BYb4RNxfJ2zDb7XHZfIZOODfA0HvLR6GMZ0V5VPR1FDmdpBuwAQeNfjrdnOC
          zfh8Kpp3OkAqVPIYLR1gS7LAYeXJRtkDkqEsH0qbgRZt5lUzcUotIZH/8iROUufgZTYoeUkQvxCMDFhBVF0di9vu
          9kFPYmlUfIYdhgSz6l+Hn+l7lKxcYnXdyGbX613KGvNYDMbn9DnlRrgx3AC4/w7FoSxSgFfqBQcIgEpJXHZz+jQz
          z7vFsXfJ6I70KVeKYjsu5ZkTQW04PRuy5zTyvXGdZZ9xGY2r3q+B9Ysnm8hZ3mZZuqM2Cr1SVXbA+mmp7I1mrvQy
          bHknk4XqUVlrmg/Ih2CiF2b8nI2qIno2321p0QOtW5XGrdTWzVP3EAexuZzCSCtvOvK5X+l4nUvW6d3k0QYp8qlB
          ZJPqcjlFX+yDj23UoWCePr8ZcoO7sVUUOXF5Z/UgevVcz3Ivc1IOBIxGyd23Fl1aZ5AZmCpTY9vk2Vs8T2liyi+W
          nF/YNG5yV3gKCYWTf6iDAuJAVsMKbj3tM/aqQfN7817Tr8uzyYMA81UqV5URObHUMz2n5HNwicYkFAaxVdEebpHz
          +iAaO8VHgI3TYybdlQfTI2sk/QFeTAUGsZXBRQQgdTgdarcTKI7FRb84jPk/dxfWe1FUcQ==
          """);

  private static final AtomicInteger TAKEN = new AtomicInteger();

  private TestRsaKeys() {}

  /// A key that this JVM has not been given before.
  public static KeyPair next() {
    var number = TAKEN.getAndIncrement();
    for (var higher = 1; higher < PRIMES.size(); higher++) {
      if (number < higher) {
        return of(PRIMES.get(higher), PRIMES.get(number));
      }
      number -= higher;
    }
    return KeyAlgorithm.RSA_2048.generate();
  }

  /// A key of that algorithm: one of these, or a new one of another kind.
  static KeyPair next(KeyAlgorithm algorithm) {
    return algorithm == KeyAlgorithm.RSA_2048 ? next() : algorithm.generate();
  }

  private static KeyPair of(BigInteger p, BigInteger q) {
    var pLess = p.subtract(BigInteger.ONE);
    var qLess = q.subtract(BigInteger.ONE);
    var modulus = p.multiply(q);
    var secret = EXPONENT.modInverse(pLess.multiply(qLess));
    try {
      var factory = KeyFactory.getInstance("RSA");
      return new KeyPair(
          factory.generatePublic(new RSAPublicKeySpec(modulus, EXPONENT)),
          factory.generatePrivate(
              new RSAPrivateCrtKeySpec(
                  modulus,
                  EXPONENT,
                  secret,
                  p,
                  q,
                  secret.mod(pLess),
                  secret.mod(qLess),
                  q.modInverse(p))));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no RSA key made of kept primes", e);
    }
  }

  private static List<BigInteger> primes(String base64) {
    var bytes = Base64.getMimeDecoder().decode(base64);
    return IntStream.range(0, bytes.length / PRIME_BYTES)
        .mapToObj(i ->
            new BigInteger(1, Arrays.copyOfRange(bytes, i * PRIME_BYTES, (i + 1) * PRIME_BYTES)))
        .toList();
  }
}
