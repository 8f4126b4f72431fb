package dev.entente.testkit;

import com.sun.net.httpserver.HttpExchange;
import dev.entente.spiffe.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;

/// What of AWS says which accounts and which instances belong together: Organizations in the JSON
/// protocol, EKS in its REST protocol, Auto Scaling in the Query protocol.
final class FakeAwsGroups {
  /// Two on a page, so that few accounts make several pages.
  private static final int PAGE = 2;

  private static final String JSON = "application/x-amz-json-1.1";

  private final Map<String, String> accounts = new ConcurrentSkipListMap<>();

  /// Instances by cluster, then by node group.
  private final Map<String, Map<String, ConcurrentSkipListSet<String>>> clusters =
      new ConcurrentSkipListMap<>();

  void putAccount(String accountId, String status) {
    accounts.put(accountId, status);
  }

  void putNode(String cluster, String nodeGroup, String instanceId) {
    clusters
        .computeIfAbsent(cluster, _ -> new ConcurrentSkipListMap<>())
        .computeIfAbsent(nodeGroup, _ -> new ConcurrentSkipListSet<>())
        .add(instanceId);
  }

  void removeNode(String cluster, String nodeGroup, String instanceId) {
    clusters
        .getOrDefault(cluster, Map.of())
        .getOrDefault(nodeGroup, new ConcurrentSkipListSet<>())
        .remove(instanceId);
  }

  /// The name of what is asked where it does not stand in a form.
  static String action(HttpExchange exchange) {
    var target = FakeHttp.header(exchange, "X-Amz-Target");
    var levels = exchange.getRequestURI().getPath().split("/", -1);
    if (levels.length > 3 && levels[1].equals("clusters") && levels[3].equals("node-groups")) {
      return levels.length == 4 ? "ListNodegroups" : "DescribeNodegroup";
    }
    return target.substring(target.indexOf('.') + 1);
  }

  void listAccounts(HttpExchange exchange, String body) throws IOException {
    var request = Json.parseObject(body.getBytes(StandardCharsets.UTF_8));
    int from = request.get("NextToken") instanceof String token ? Integer.parseInt(token) : 0;
    var all = new ArrayList<Object>();
    accounts.forEach((id, status) -> all.add(Map.of("Id", id, "Status", status, "Name", "a")));
    int to = Math.min(all.size(), from + PAGE);
    var page = all.subList(from, to);
    FakeHttp.send(
        exchange,
        200,
        JSON,
        Json.write(
            to == all.size()
                ? Map.of("Accounts", page)
                : Map.of("Accounts", page, "NextToken", Integer.toString(to))));
  }

  void eks(HttpExchange exchange, String account) throws IOException {
    var levels = exchange.getRequestURI().getPath().split("/", -1);
    var cluster = clusters.get(levels[2]);
    if (cluster == null || !account.equals(FakeAws.OWN_ACCOUNT)) {
      exchange.getResponseHeaders().set("x-amzn-ErrorType", "ResourceNotFoundException");
      FakeHttp.send(exchange, 404, JSON, "{\"message\":\"No cluster found\"}");
    } else if (levels.length == 4) {
      var names = Json.write(Map.of("nodegroups", List.copyOf(cluster.keySet())));
      FakeHttp.send(exchange, 200, JSON, names);
    } else {
      var groups = List.of(Map.of("name", "eks-" + levels[2] + "-" + levels[4]));
      var resources = Map.of("autoScalingGroups", groups);
      FakeHttp.send(
          exchange,
          200,
          JSON,
          Json.write(
              Map.of("nodegroup", Map.of("nodegroupName", levels[4], "resources", resources))));
    }
  }

  void describeAutoScalingGroups(HttpExchange exchange, Map<String, String> form)
      throws IOException {
    var groups = new StringBuilder();
    clusters.forEach((cluster, nodeGroups) ->
        nodeGroups.forEach((name, instances) -> {
          var group = "eks-" + cluster + "-" + name;
          if (form.containsValue(group)) {
            groups.append(group(group, instances));
          }
        }));
    FakeHttp.send(
        exchange,
        200,
        "text/xml",
        """
        <DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
        <DescribeAutoScalingGroupsResult><AutoScalingGroups>%s</AutoScalingGroups>
        </DescribeAutoScalingGroupsResult><ResponseMetadata><RequestId>5f1a</RequestId>
        </ResponseMetadata></DescribeAutoScalingGroupsResponse>
        """
            .formatted(groups));
  }

  private static String group(String name, Iterable<String> instances) {
    var members = new ArrayList<String>();
    instances.forEach(members::add);
    return members.stream()
        .map(id ->
            "<member><InstanceId>%s</InstanceId><LifecycleState>InService</LifecycleState></member>"
                .formatted(id))
        .collect(
            Collectors.joining(
                "",
                "<member><AutoScalingGroupName>" + name + "</AutoScalingGroupName><Instances>",
                "</Instances></member>"));
  }
}
