using GitOps.Bundles.Units;

namespace GitOps.Reconciler.Tests.Compile;

/// <summary>Secrets in what is sent to a device.</summary>
public sealed class DeviceSecretTests
{
    [Fact]
    public void A_secret_in_a_header_is_a_hole_and_everything_else_is_text()
    {
        var bundles = Trees.Compiled([.. EveryKind.Files, Trees.File("oven.yaml", """
            apiVersion: gitops.edge/v1
            kind: DeviceModel
            metadata: {name: oven}
            spec:
              protocol: http
              properties: [{name: temperature, type: float64, http: {path: /state, pointer: /temperature}}]
            ---
            apiVersion: gitops.edge/v1
            kind: Device
            metadata: {name: oven-1}
            spec:
              node: press-1
              model: oven
              connection:
                url: "http://{{ node.name }}.ovens/"
                headers: {Authorization: 'Bearer {{ secret "token" }}', X-Node: "{{ node.name }}"}
            """)]);

        Assert.True(bundles.TryGet("press-1", out var node));
        var connection = ((DeviceSpec)node.Bundle.Units.Single(unit => unit.Name == "oven-1").Spec).Connection;
        Assert.Equal("http://press-1.ovens/", connection.Url);
        Assert.Equal(["Authorization", "X-Node"], connection.Headers.Select(header => header.Name));
        var secret = Assert.IsType<ContentPart.Secret>(connection.Headers[0].Value[1]);
        Assert.Equal((new ContentPart.Text("Bearer "), "token", "/etc/secrets/token"), (connection.Headers[0].Value[0], secret.Name, secret.File));
        Assert.Equal([new ContentPart.Text("press-1")], connection.Headers[1].Value);
    }
}
