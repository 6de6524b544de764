using System.CommandLine;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Trust;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary>
/// <c>gitops trust …</c>: root keys that are kept apart, roots that they sign, and what the root names. Everything but
/// <c>publish</c> and <c>authority</c> works on files alone, on a machine without a network.
/// </summary>
internal static class TrustCommand
{
    private static readonly DiskFileLayer Layer = DiskFileLayer.Host;

    /// <summary>It looks every half second, and starts serving anew when it took the root.</summary>
    private static readonly TimeSpan TakenWithin = TimeSpan.FromMinutes(2);

    public static Command Create() => new("trust", "Keep the fleet's root keys apart, sign roots, change what they name (docs/trust.md)")
    {
        Key(), TrustRootCommand.Create(), Sign(), Show(), Verify(), Publish(), Authority(),
    };

    private static Command Key()
    {
        var file = new Argument<string>("file") { Description = "where to write the private key (PKCS #8); the public one goes beside it, to .pub" };
        var passphrase = Passphrase("encrypt it with the first line of this file");
        var command = new Command("key", "Make a key that signs roots or publications (ECDSA P-256)") { file, passphrase };
        command.SetAction(parsed => Guard(() =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(file));
            if (Layer.Stat(path) is not null)
            {
                return Problems.Print(new Problem(TrustCodes.BadFile, $"{path} is there already", "choose another name: a key is never written over"), ExitCode.Refused);
            }

            using var key = SigningKey.Create();
            key.Save(Layer, path, parsed.GetValue(passphrase) is { } secret ? RootFiles.ReadPassphrase(Layer, Path.GetFullPath(secret)) : null);
            RootFiles.Write(Layer, path + ".pub", System.Text.Encoding.UTF8.GetBytes(key.PublicKeyPem));
            Terminal.Out.MarkupLineInterpolated($"[green]{key.KeyId}[/]");
            Terminal.Out.MarkupLineInterpolated($"  the private key is in {path}: whoever has it signs with it; the public one is in {path}.pub");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Sign()
    {
        var root = RootArgument("the root to sign; the signature is added to the file");
        var key = new Option<string>("--key", "-k") { Description = "the private key", Required = true };
        var passphrase = Passphrase("its first line opens the key");
        var command = new Command("sign", "Sign a root, where the key is") { root, key, passphrase };
        command.SetAction(parsed => Guard(() =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(root));
            var file = RootFiles.Read(Layer, path);
            var secret = parsed.GetValue(passphrase) is { } from ? RootFiles.ReadPassphrase(Layer, Path.GetFullPath(from)) : null;
            using var signer = new KeySigner(RootFiles.ReadPrivate(Layer, Path.GetFullPath(parsed.GetRequiredValue(key)), secret));
            RootFiles.Write(Layer, path, RootDraft.Sign(file.Envelope, file.Root, signer).ToBytes());
            Terminal.Out.MarkupLineInterpolated($"root {file.Root.Version} is signed by [green]{signer.Key.Keyid}[/]");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Show()
    {
        var root = RootArgument("the root");
        var command = new Command("show", "Say what a root names and who signed it") { root };
        command.SetAction(parsed => Guard(() =>
        {
            var file = RootFiles.Read(Layer, Path.GetFullPath(parsed.GetRequiredValue(root)));
            Terminal.Out.WriteLine(RootText.Of(file));
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Verify()
    {
        var root = RootArgument("the root to judge");
        var after = new Option<string?>("--after") { Description = "the root a node follows; otherwise it must stand by itself, as one that is carried to a node" };
        var command = new Command("verify", "Judge a root as nodes do") { root, after };
        command.SetAction(parsed => Guard(() =>
        {
            var next = RootFiles.Read(Layer, Path.GetFullPath(parsed.GetRequiredValue(root)));
            var reading = parsed.GetValue(after) is { } before
                ? RootFiles.Read(Layer, Path.GetFullPath(before)).Root.ReadNext(next.Bytes)
                : RootStatement.ReadFirst(next.Bytes);
            if (reading is RootReading.Refused(var why))
            {
                return Problems.Print(new Problem(TrustCodes.NotAccepted, why.What, "'gitops trust show' lists who signed; it takes the threshold of the root before it and its own"), ExitCode.Refused);
            }

            Terminal.Out.MarkupLineInterpolated($"nodes accept root [green]{next.Root.Version}[/]");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Publish()
    {
        var options = new SettingOptions();
        var root = RootArgument("the root that follows the published one");
        var key = new Option<string?>("--publication-key") { Description = "the key that signs publications from now on [the one in use]" };
        var command = new Command("publish", "Put a signed root into the store of the control plane of this machine, whether it runs or not") { root, key };
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => GuardAsync(async () =>
        {
            if (options.Read(parsed, needsRepository: false) is not { } settings)
            {
                return ExitCode.Usage;
            }

            var (data, publicationKey) = (new DataDirectory(settings.DataDirectory), parsed.GetValue(key) is { } path ? Path.GetFullPath(path) : null);
            var published = RootPublishing.Publish(Layer, data, Path.GetFullPath(parsed.GetRequiredValue(root)), publicationKey);
            if (published is RootPublished.Running(var next))
            {
                Terminal.Out.MarkupLineInterpolated($"root {next.Root.Version} is offered to the control plane that runs");
                published = await RootOffer.MakeAsync(Layer, data, next, publicationKey, TakenWithin, TimeProvider.System, cancellationToken);
            }

            switch (published)
            {
                case RootPublished.Refused(var problem):
                    return Problems.Print(problem, ExitCode.Refused);
                case RootPublished.Done(var version, var leftOver):
                    Terminal.Out.MarkupLineInterpolated($"root [green]{version}[/] is published; nodes follow within the hour of 'gitops serve' running");
                    if (leftOver is not null)
                    {
                        Terminal.Out.MarkupLineInterpolated($"  {leftOver} is no root key any more: delete it");
                    }

                    return ExitCode.Done;
                case var other:
                    throw new System.Diagnostics.UnreachableException($"{other}");
            }
        }));
        return command;
    }

    private static Command Authority()
    {
        var options = new SettingOptions();
        var make = new Command("new", "Make the authority that is to come; it issues nothing yet");
        options.AddTo(make);
        make.SetAction(parsed => Guard(() =>
        {
            if (options.Read(parsed, needsRepository: false) is not { } settings)
            {
                return ExitCode.Usage;
            }

            var path = AuthorityRollover.Prepare(Layer, new DataDirectory(settings.DataDirectory), TimeProvider.System);
            Terminal.Out.MarkupLineInterpolated($"[green]{RootDraft.Fingerprint(RootFiles.ReadText(Layer, path))!}[/]");
            Terminal.Out.MarkupLineInterpolated($"  its certificate is in {path}: add it to the next root with 'gitops trust root add-authority'");
            return ExitCode.Done;
        }));
        var change = new Command("switch", "Issue certificates with it from now on; the control plane is stopped");
        options.AddTo(change);
        change.SetAction(parsed => Guard(() =>
        {
            if (options.Read(parsed, needsRepository: false) is not { } settings)
            {
                return ExitCode.Usage;
            }

            if (AuthorityRollover.Switch(Layer, new DataDirectory(settings.DataDirectory)) is { } problem)
            {
                return Problems.Print(problem, ExitCode.Refused);
            }

            Terminal.Out.MarkupLineInterpolated($"[green]switched[/]: 'gitops serve' shows and issues certificates of the new authority");
            return ExitCode.Done;
        }));
        return new Command("authority", "Replace the certificate authority without a visit to any node") { make, change };
    }

    /// <summary>A file that cannot be used is said, not thrown at people.</summary>
    internal static int Guard(Func<int> action) => GuardAsync(() => Task.FromResult(action())).GetAwaiter().GetResult();

    private static async Task<int> GuardAsync(Func<Task<int>> action)
    {
        try
        {
            return await action();
        }
        catch (RootFiles.UnusableException unusable)
        {
            return Problems.Print(unusable.Problem, ExitCode.Refused);
        }
        catch (FileLayerException failure)
        {
            return Problems.Print(new Problem(CliCodes.Unwritable, failure.Message, "name a folder you may write, with room for it"), ExitCode.Findings);
        }
    }

    internal static Argument<string> RootArgument(string description) => new("root") { Description = description };

    private static Option<string?> Passphrase(string description) => new("--passphrase-file") { Description = description };

    private sealed class KeySigner(SigningKey key) : ISigner, IDisposable
    {
        public TrustedKey Key { get; } = new(key.KeyId, Convert.ToBase64String(key.PublicKey.Span));

        public byte[] Sign(ReadOnlySpan<byte> data) => key.Sign(data);

        public void Dispose() => key.Dispose();
    }
}
