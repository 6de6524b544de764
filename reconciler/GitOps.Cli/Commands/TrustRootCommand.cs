using System.CommandLine;
using System.Globalization;
using GitOps.Bundles.Publications;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Trust;
using GitOps.Platform.Files;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops trust root …</c>: puts the root together that people sign next.</summary>
internal static class TrustRootCommand
{
    private static readonly IFileLayer Layer = DiskFileLayer.Host;

    public static Command Create() => new("root", "Put the next root together; an edit takes signatures off")
    {
        New(),
        Edit("add-key", "Let another key sign roots", "the public key (.pub), or the key itself", (root, file) => RootDraft.AddKey(root, PublicKey(file))),
        Edit("remove-key", "Let a key sign roots no more", "the id of the key", RootDraft.RemoveKey),
        Edit("threshold", "Say how many root keys have to sign", "a number", (root, text) =>
            RootDraft.SetThreshold(root, int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)),
        Rotate(),
        Edit("add-authority", "Trust another certificate authority too", "its certificate (PEM)",
            (root, file) => RootDraft.AddAuthority(root, RootFiles.ReadText(Layer, Path.GetFullPath(file)))),
        Edit("remove-authority", "Trust a certificate authority no more", "its fingerprint, as 'gitops trust show' prints it", RootDraft.RemoveAuthority),
    };

    private static Command New()
    {
        var options = new SettingOptions();
        var draft = TrustCommand.RootArgument("where to write the next root");
        var after = new Option<string?>("--after") { Description = "the published root [root.json of the data directory]" };
        var command = new Command("new", "Begin the root that follows the published one: the same, one version later") { draft, after };
        options.AddTo(command);
        command.SetAction(parsed => TrustCommand.Guard(() =>
        {
            var published = parsed.GetValue(after);
            if (published is null && options.Read(parsed, needsRepository: false) is { } settings)
            {
                published = new DataDirectory(settings.DataDirectory).Root;
            }

            if (published is null)
            {
                return ExitCode.Usage;
            }

            var path = Path.GetFullPath(parsed.GetRequiredValue(draft));
            var next = RootDraft.After(RootFiles.Read(Layer, Path.GetFullPath(published)).Root);
            RootFiles.Write(Layer, path, RootDraft.ToBytes(next));
            Terminal.Out.MarkupLineInterpolated($"root [green]{next.Version}[/] is begun in {path}");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Rotate()
    {
        var draft = TrustCommand.RootArgument("the root to edit");
        var file = new Argument<string>("key") { Description = "the public key (.pub), or the key itself" };
        var keep = new Option<bool>("--keep") { Description = "the keys that count now count on" };
        var command = new Command("rotate-publication", "Have publications signed by another key") { draft, file, keep };
        command.SetAction(parsed => Apply(
            parsed.GetRequiredValue(draft), root => RootDraft.RotatePublication(root, PublicKey(parsed.GetRequiredValue(file)), parsed.GetValue(keep))));
        return command;
    }

    private static Command Edit(string name, string description, string what, Func<RootStatement, string, DraftEdit> edit)
    {
        var draft = TrustCommand.RootArgument("the root to edit");
        var value = new Argument<string>("value") { Description = what };
        var command = new Command(name, description) { draft, value };
        command.SetAction(parsed => Apply(parsed.GetRequiredValue(draft), root => edit(root, parsed.GetRequiredValue(value))));
        return command;
    }

    private static int Apply(string draft, Func<RootStatement, DraftEdit> edit) => TrustCommand.Guard(() =>
    {
        var path = Path.GetFullPath(draft);
        switch (edit(RootFiles.Read(Layer, path).Root))
        {
            case DraftEdit.Edited(var root):
                RootFiles.Write(Layer, path, RootDraft.ToBytes(root));
                Terminal.Out.WriteLine(RootText.Of(RootFiles.Read(Layer, path)));
                return ExitCode.Done;
            case DraftEdit.Refused(var problem):
                return Problems.Print(problem, ExitCode.Refused);
            case var other:
                throw new System.Diagnostics.UnreachableException($"{other}");
        }
    });

    private static TrustedKey PublicKey(string file) => RootFiles.ReadPublic(Layer, Path.GetFullPath(file));
}
