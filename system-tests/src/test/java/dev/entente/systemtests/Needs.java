package dev.entente.systemtests;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/// The programs of others without which a case is skipped, and says so. `./mvnw verify -Pinterop`
/// runs only such cases.
@Tag("interop")
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(Needs.Condition.class)
@interface Needs {
  Peer[] value();

  /// Looks for the programs.
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      var missing =
          AnnotationSupport.findAnnotation(context.getElement(), Needs.class).stream()
              .flatMap(needs -> Arrays.stream(needs.value()))
              .map(Peer::missing)
              .flatMap(Optional::stream)
              .collect(Collectors.joining(", "));
      return missing.isEmpty()
          ? ConditionEvaluationResult.enabled("every program is here")
          : ConditionEvaluationResult.disabled(missing);
    }
  }
}
