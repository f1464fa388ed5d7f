// tsyringe, which @peculiar/x509 stands on, needs this polyfill before it is loaded; hence the one place to import it from.
import "reflect-metadata";
export * from "@peculiar/x509";
