using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Identity;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Tests.Faults;

/// <summary>One certificate after the other, each with a key of its own and its version as its name.</summary>
internal static class IdentityWriting
{
    private const string Folder = "/etc/node";
    private static readonly DateTimeOffset Begin = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);

    public static void Renew(IFileLayer layer, int version)
    {
        layer.EnsureDirectory(Folder, DurableWriter.Open);
        var keeper = Keeper(layer);
        using var key = keeper.NextKey();
        var request = new CertificateRequest($"CN={version.ToString(CultureInfo.InvariantCulture)}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(Begin, Begin.AddDays(1));
        keeper.RaiseFloor(version);
        using var taken = keeper.Take(certificate.ExportCertificatePem() + "\n");
    }

    /// <summary>Key and certificate belong to each other, whatever was cut.</summary>
    public static int Read(IFileLayer layer, int last)
    {
        if (layer.Stat($"{Folder}/node.crt") is null && layer.Stat($"{Folder}/node.crt.next") is null)
        {
            return 0;
        }

        using var identity = Keeper(layer).Load();
        var version = int.Parse(identity.GetNameInfo(X509NameType.SimpleName, forIssuer: false), CultureInfo.InvariantCulture);
        Assert.InRange(Keeper(layer).Floor(), version, version + 1);
        return version;
    }

    private static IdentityKeeper Keeper(IFileLayer layer) => new(layer, new AgentPaths(Folder, "/state"));
}
