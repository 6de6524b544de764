using System.Text;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.ControlPlane.Distribution.Mqtt;
using GitOps.ControlPlane.Identity;
using GitOps.Manifests.Install;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Hosting;

/// <summary>What became of it. Closed.</summary>
public abstract record EmqxWritten
{
    private EmqxWritten() { }

    /// <param name="Manifest">A Secret of Kubernetes as JSON. It holds a private key.</param>
    public sealed record Done(string Manifest) : EmqxWritten;

    public sealed record Refused(Problem Problem) : EmqxWritten;
}

/// <summary>
/// What an EMQX needs to be the fleet's broker (docs/contracts.md §12), as the Secret it is started with: made on the machine of
/// the control plane, while it runs or not. The key of the broker lies in that Secret and nowhere else.
/// </summary>
public static class EmqxSecret
{
    /// <summary>A year: whoever makes it again renews it.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromDays(397);

    /// <param name="names">Names and addresses nodes reach it by; at least one.</param>
    /// <param name="ns">Of Kubernetes.</param>
    public static EmqxWritten Make(ControlPlaneSettings settings, IReadOnlyList<string> names, string ns, IFileLayer layer, TimeProvider time)
    {
        var data = new DataDirectory(settings.DataDirectory);
        if (FleetPin.Read(layer, data) is not { } fleet)
        {
            return new EmqxWritten.Refused(IdentityCodes.WithoutFleet(data));
        }

        try
        {
            var authority = FleetAuthority.Open(layer, data, time);
            var broker = authority.Issue(ca => ca.IssueServer(names, Validity));
            return new EmqxWritten.Done(Render(ns,
            [
                (EmqxFiles.Access, EmqxConfig.RenderAccess(fleet)),
                (EmqxFiles.Authority, authority.CertificatePem),
                (EmqxFiles.Certificate, broker.CertificatePem),
                (EmqxFiles.Key, broker.KeyPem),
            ]));
        }
        catch (AuthorityBusyException busy)
        {
            return new EmqxWritten.Refused(new Problem(IdentityCodes.AuthorityBusy, busy.Message, "try again in a moment"));
        }
    }

    private static string Render(string ns, IEnumerable<(string Name, string Text)> files)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", "v1");
            json.WriteString("kind", "Secret");
            json.WriteStartObject("metadata");
            json.WriteString("name", EmqxFiles.Secret);
            json.WriteString("namespace", ns);
            json.WriteEndObject();
            json.WriteStartObject("stringData");
            foreach (var (name, text) in files)
            {
                json.WriteString(name, text);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }
}
